import { expect, test } from "vitest";
import { boundsOf, parseRange, withRange } from "@/lib/range";

test("a range comes from the address, and what makes no sense is the fallback", () => {
  const parse = (text: string) => parseRange(new URLSearchParams(text));
  expect(parse("range=7d")).toEqual({ range: "7d" });
  expect(parse("range=9d")).toEqual({ range: "24h" });
  const [from, to] = ["2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"];
  expect(parse(`from=${from}&to=${to}`)).toEqual({ from, to });
  expect(parse(`from=${to}&to=${from}`)).toEqual({ range: "24h" });
  expect(parse("from=yesterday&to=now")).toEqual({ range: "24h" });
});

test("a range takes the place of the one before and leaves the rest", () => {
  const before = new URLSearchParams("risk=HIGH&from=a&to=b");
  expect(withRange(before, { range: "30d" }).toString()).toBe("risk=HIGH&range=30d");
});

test("a named range ends now", () => {
  const now = Date.parse("2026-09-21T12:00:00Z");
  expect(boundsOf({ range: "7d" }, now)).toEqual({ from: "2026-09-14T12:00:00.000Z", to: "2026-09-21T12:00:00.000Z" });
});
