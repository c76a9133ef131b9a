/** Puts typed texts into snippets of other languages, so that no text ends the place it stands in. */

export const inHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A text of JavaScript, also inside `<script>` and CDATA. */
export const inScript = (text: string): string =>
  JSON.stringify(text).replaceAll("<", "\\u003c").replaceAll("]", "\\u005d").replaceAll("[", "\\u005b").replaceAll("$", "\\u0024");

/** A word of a shell; plain words stay as they are. */
export const inShell = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A text of Python 2 between single quotes, inside XML. */
export const inPython = (text: string): string =>
  inHtml(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'");
