import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { NAVIGATION } from "@/app/pages";
import { useHotkey } from "@/lib/useHotkey";

/** How long after `g` a letter names a page. */
const PATIENCE_MS = 1500;

/** `g` and a letter go to a page. */
export function useGoKeys(): void {
  const navigate = useNavigate();
  const pressed = useRef(-Infinity);
  useHotkey("g", () => {
    pressed.current = performance.now();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || performance.now() - pressed.current > PATIENCE_MS) return;
      const item = NAVIGATION.find(({ key }) => key === event.key);
      if (item === undefined) return;
      pressed.current = -Infinity;
      event.preventDefault();
      // Pages have letters of their own; this one is spoken for.
      event.stopImmediatePropagation();
      void navigate(item.to);
    };
    document.addEventListener("keydown", onKey, { capture: true });
    return () => document.removeEventListener("keydown", onKey, { capture: true });
  }, [navigate]);
}
