/** Raw bytes of a dead letter as something to read. Nothing has checked them: what steers a display is written out. */
import type { Bytes } from "../queries";

/** Bytes that are shown one by one; more is slow to draw and nobody reads it. */
export const HEX_BYTES = 4096;
const BYTES_A_LINE = 16;

export type ContentView = "json" | "text" | "hex";

/** Control characters but line feed and tab, and those that change the direction or vanish. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** The text with characters that cannot be seen, or that reorder others, as `\u202e`. */
export const visible = (text: string): string =>
  text.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The text as JSON laid out anew, or `null` when it is none. */
export function prettyJson(bytes: Bytes): string | null {
  if (bytes.encoding !== "text" || bytes.is_cut || bytes.bytes === 0) return null;
  try {
    return visible(JSON.stringify(JSON.parse(bytes.content), null, 2));
  } catch {
    return null;
  }
}

export function bytesOf(bytes: Bytes): Uint8Array {
  if (bytes.encoding === "text") return new TextEncoder().encode(bytes.content);
  return Uint8Array.from(atob(bytes.content), (character) => character.charCodeAt(0));
}

/** Short bytes (keys, headers) on one line: text if they are, else hexadecimal digits. */
export const lineOf = (bytes: Bytes): string =>
  bytes.encoding === "text" ? visible(bytes.content) : Array.from(bytesOf(bytes), hex).join(" ");

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".");

/** Offset, sixteen bytes and what is printable of them, a line each. */
export function hexDump(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, HEX_BYTES);
  const lines: string[] = [];
  for (let offset = 0; offset < shown.length; offset += BYTES_A_LINE) {
    const line = Array.from(shown.subarray(offset, offset + BYTES_A_LINE));
    const digits = line.map(hex).join(" ").padEnd(BYTES_A_LINE * 3 - 1);
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${digits}  ${line.map(printable).join("")}`);
  }
  return lines.join("\n");
}

/** The forms that there are of a content, the best first. */
export function viewsOf(bytes: Bytes): ContentView[] {
  const text: ContentView[] = bytes.encoding === "text" ? ["text"] : [];
  return [...(prettyJson(bytes) === null ? [] : (["json"] as const)), ...text, "hex"];
}

export function contentIn(view: ContentView, bytes: Bytes): string {
  if (view === "json") return prettyJson(bytes) ?? "";
  return view === "text" ? visible(bytes.content) : hexDump(bytesOf(bytes));
}
