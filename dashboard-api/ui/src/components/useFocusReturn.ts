import { useState } from "react";

/**
 * Gives the focus back to where it was when a panel opened. Radix gives it back to the panel's trigger; panels that are opened
 * by state or by a key have none. Focus that went somewhere else meanwhile, to a new page for example, stays there.
 */
export function useFocusReturn() {
  const [handlers] = useState(() => {
    let before: Element | null = null;
    return {
      onOpenAutoFocus: () => {
        before = document.activeElement;
      },
      onCloseAutoFocus: (event: Event) => {
        event.preventDefault();
        const isLost = document.activeElement === null || document.activeElement === document.body;
        if (isLost && before instanceof HTMLElement) before.focus({ preventScroll: true });
      },
    };
  });
  return handlers;
}
