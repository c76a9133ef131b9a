/** Where the gateway is, as an origin: what snippets name, and whether this page may talk to it. */

/** The origin of a typed address, `null` for what is none. */
export function originOf(text: string): string | null {
  try {
    const url = new URL(text.trim());
    const isWeb = url.protocol === "https:" || url.protocol === "http:";
    const isBare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
    return isWeb && isBare ? url.origin : null;
  } catch {
    return null;
  }
}

/** The app's own policy lets it talk to its own origin only (`connect-src 'self'`). */
export const isOwnOrigin = (address: string): boolean => address === location.origin;

/** Pages that are served by https may not load from plain http. */
export const isPlain = (address: string): boolean => address.startsWith("http://");
