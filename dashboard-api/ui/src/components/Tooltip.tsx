import { Slot } from "radix-ui";
import { useEffect, useId, useRef, useState, type ComponentProps, type FocusEvent, type PointerEvent, type ReactElement } from "react";
import { createPortal } from "react-dom";
import { isTabbing } from "./keepOpen";
import { useOverlayContainer } from "./overlayContainer";
import { placeTooltip } from "./placeTooltip";

const OPEN_DELAY_MS = 350;
/** Long enough to move the pointer from the element to the bubble (WCAG 1.4.13, hoverable). */
const CLOSE_DELAY_MS = 120;

/** Hides the bubble that is open: there is never more than one. */
let hideOpen: (() => void) | null = null;

export interface TooltipProps extends Omit<ComponentProps<typeof Slot.Root>, "children"> {
  text: string;
  /** One element that takes props and a ref. It is never wrapped or mounted anew. */
  children: ReactElement;
  /** The text is already the accessible name, so it is not added as a description. */
  naming?: boolean | undefined;
}

/**
 * A short text beside an element, on hover and keyboard focus. Not built on a dismissable layer: Escape hides it and still reaches
 * the dialog it stands in.
 */
export function Tooltip({ text, children, naming = false, ...passed }: TooltipProps) {
  const id = useId();
  const container = useOverlayContainer();
  const [anchor, setAnchor] = useState<Element | null>(null);
  const timer = useRef<number | undefined>(undefined);

  useEffect(() => () => { window.clearTimeout(timer.current); }, []);
  useEffect(() => {
    if (!anchor) return;
    const hide = () => { setAnchor(null); };
    const hideOnEscape = (event: KeyboardEvent) => { if (event.key === "Escape") hide(); };
    hideOpen?.();
    hideOpen = hide;
    document.addEventListener("keydown", hideOnEscape, true);
    window.addEventListener("scroll", hide, true);
    return () => {
      if (hideOpen === hide) hideOpen = null;
      document.removeEventListener("keydown", hideOnEscape, true);
      window.removeEventListener("scroll", hide, true);
    };
  }, [anchor]);

  function after(delay: number, next: Element | null) {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => { setAnchor(next); }, delay);
  }
  function enter(event: PointerEvent<HTMLElement>) {
    passed.onPointerEnter?.(event);
    if (event.pointerType !== "touch") after(OPEN_DELAY_MS, event.currentTarget);
  }
  function focus(event: FocusEvent<HTMLElement>) {
    passed.onFocus?.(event);
    // Focus that a dialog gives to its first button, or gets back to its trigger, asks for no explanation.
    if (isTabbing()) after(0, event.currentTarget);
  }

  const describedBy = [passed["aria-describedby"], anchor && !naming ? id : undefined].filter(Boolean).join(" ");
  return (
    <>
      <Slot.Root
        {...passed}
        {...(describedBy ? { "aria-describedby": describedBy } : {})}
        onPointerEnter={enter}
        onPointerLeave={(event) => { passed.onPointerLeave?.(event); after(CLOSE_DELAY_MS, null); }}
        onPointerDown={(event) => { passed.onPointerDown?.(event); after(0, null); }}
        onFocus={focus}
        onBlur={(event) => { passed.onBlur?.(event); after(0, null); }}
      >
        {children}
      </Slot.Root>
      {anchor
        ? createPortal(
            <div
              id={id}
              role="tooltip"
              ref={(bubble) => { if (bubble) placeTooltip(bubble, anchor); }}
              onPointerEnter={() => { window.clearTimeout(timer.current); }}
              onPointerLeave={() => { after(CLOSE_DELAY_MS, null); }}
              className="pointer-events-auto fixed top-0 left-0 z-60 max-w-72 rounded-control bg-ink px-2 py-1 text-xs text-canvas shadow-md"
            >
              {text}
            </div>,
            container ?? document.body,
          )
        : null}
    </>
  );
}
