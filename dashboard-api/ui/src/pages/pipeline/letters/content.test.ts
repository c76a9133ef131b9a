import { expect, it } from "vitest";
import type { Bytes } from "../queries";
import { contentIn, HEX_BYTES, hexDump, lineOf, prettyJson, viewsOf, visible } from "./content";

const text = (content: string, change: Partial<Bytes> = {}): Bytes => ({
  encoding: "text",
  content,
  bytes: content.length,
  is_cut: false,
  ...change,
});

const base64 = (content: string, bytes: number): Bytes => ({ encoding: "base64", content, bytes, is_cut: false });

it("writes out what steers a display", () => {
  expect(visible("a\u202eb\u0007c\u001b[2J\td\ne")).toBe("a\\u202eb\\u0007c\\u001b[2J\td\ne");
});

it("lays JSON out anew, and says what is none", () => {
  expect(prettyJson(text('{"a":1}'))).toBe('{\n  "a": 1\n}');
  expect(prettyJson(text('{"a":'))).toBeNull();
  expect(prettyJson(text("1", { is_cut: true }))).toBeNull();
  expect(prettyJson(base64("MQ==", 1))).toBeNull();
});

it("offers the forms that there are, the best first", () => {
  expect(viewsOf(text("{}"))).toEqual(["json", "text", "hex"]);
  expect(viewsOf(text("{"))).toEqual(["text", "hex"]);
  expect(viewsOf(base64("/wA=", 2))).toEqual(["hex"]);
});

it("shows bytes sixteen a line, up to a bound", () => {
  expect(contentIn("hex", base64("/wBB", 3))).toBe(`000000  ff 00 41${" ".repeat(39)}  ..A`);
  expect(hexDump(new Uint8Array(HEX_BYTES * 2)).split("\n")).toHaveLength(HEX_BYTES / 16);
});

it("writes short bytes on a line", () => {
  expect(lineOf(text("key-1"))).toBe("key-1");
  expect(lineOf(base64("/wA=", 2))).toBe("ff 00");
});
