import { useEffect, useEffectEvent } from "react";
import { isOverlayOpen } from "@/lib/overlay";

const WRITES = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** True while somebody writes: then a letter is a letter. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (WRITES.has(target.tagName) || target.isContentEditable);
}

/** Calls `action` at a key: `"k"` with `mod` for Ctrl or ⌘. Plain keys are ignored while somebody writes or a dialog or menu is open. */
export function useHotkey(key: string, action: (event: KeyboardEvent) => void, options: { mod?: boolean } = {}): void {
  const wantsMod = options.mod === true;
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== key || (event.ctrlKey || event.metaKey) !== wantsMod || event.altKey) return;
    if (!wantsMod && (isWriting(event.target) || isOverlayOpen())) return;
    event.preventDefault();
    action(event);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
