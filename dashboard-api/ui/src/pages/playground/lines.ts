/** Content as lines, and a line as coloured parts. */

/** Longer lines are broken: one of a megabyte would stop the page. */
const LONGEST_LINE = 2000;

export function linesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    if (line.length <= LONGEST_LINE) return [line];
    return Array.from({ length: Math.ceil(line.length / LONGEST_LINE) }, (_, index) =>
      line.slice(index * LONGEST_LINE, (index + 1) * LONGEST_LINE),
    );
  });
}

/** JSON with a member on each line; `null` for what is none, whole. */
export function tidied(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

export type Part = { kind: "name" | "text" | "number" | "word" | "plain"; text: string };

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

export function partsOf(line: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  const plain = (text: string) => {
    if (text !== "") parts.push({ kind: "plain", text });
  };
  for (const match of line.matchAll(TOKEN)) {
    plain(line.slice(end, match.index));
    const [whole, quoted, colon, number] = match;
    if (quoted !== undefined) {
      parts.push({ kind: colon === undefined ? "text" : "name", text: quoted });
      plain(colon ?? "");
    } else parts.push({ kind: number === undefined ? "word" : "number", text: whole });
    end = match.index + whole.length;
  }
  plain(line.slice(end));
  return parts;
}
