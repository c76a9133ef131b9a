/** Classes of keys in four groups: all that is known of a key is its class. */

export const KEY_GROUPS = ["text", "space", "correction", "command"] as const;
export type KeyGroup = (typeof KEY_GROUPS)[number];

const GROUPS: Record<string, KeyGroup> = {
  letter: "text",
  digit: "text",
  punctuation: "text",
  space: "space",
  enter: "space",
  backspace: "correction",
  delete: "correction",
};

export const keyGroup = (name: string): KeyGroup => GROUPS[name] ?? "command";
