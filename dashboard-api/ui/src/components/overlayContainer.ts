import { createContext, useContext } from "react";

/**
 * Where floating panels are placed. A dialog offers itself, so that a popover opened in it counts as inside: it can be scrolled,
 * and a click in it does not close the dialog. Null means the body.
 */
export const OverlayContainer = createContext<HTMLElement | null>(null);

export function useOverlayContainer(): HTMLElement | null {
  return useContext(OverlayContainer);
}
