/** What a text in the key's field is, told by its beginning. Only a publishable key may be kept, and only in memory. */

export type KeyText = "empty" | "beginning" | "publishable" | "secret" | "token" | "webhook_secret" | "other";

const PUBLISHABLE = /^pk_(live|test)_[A-Za-z0-9_-]{4,}$/;
const PREFIXES = ["pk_live_", "pk_test_"];

export function keyTextOf(text: string): KeyText {
  const given = text.trim();
  if (given === "") return "empty";
  if (given.startsWith("sk_")) return "secret";
  if (given.startsWith("it_")) return "token";
  if (given.startsWith("whsec_")) return "webhook_secret";
  if (PUBLISHABLE.test(given)) return "publishable";
  return PREFIXES.some((prefix) => prefix.startsWith(given) || given.startsWith(prefix)) ? "beginning" : "other";
}

/** Texts that must not stand in this page at all: they are taken out of the field at once. */
export const isForbidden = (kind: KeyText): boolean => kind === "secret" || kind === "token" || kind === "webhook_secret";

/** The known key that ends as this one does; the server keeps only a hash and the last four characters. */
export function knownKey<Key extends { hint: string }>(text: string, keys: readonly Key[]): Key | undefined {
  return keyTextOf(text) === "publishable" ? keys.find((key) => text.trim().endsWith(key.hint)) : undefined;
}
