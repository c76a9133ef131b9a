/** What the browser keeps for its owner: appearance, saved views, columns. Never data of sessions, never keys. */

const PREFIX = "candor.";

export function readStored<T>(name: string, fallback: T, isValid: (value: unknown) => value is T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    if (text === null) return fallback;
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : fallback;
  } catch {
    // Private windows and full disks refuse storage; the app works without it.
    return fallback;
  }
}

export function writeStored(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // As above.
  }
}
