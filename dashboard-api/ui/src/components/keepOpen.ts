/**
 * Floating panels close when focus leaves them. Only a person who presses Tab means that: a toast that goes away hands focus back
 * to whatever had it before, and that must not close a panel that was opened since.
 */
const TAB_WINDOW_MS = 200;
let lastTabAt = Number.NEGATIVE_INFINITY;

if (typeof document !== "undefined") {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Tab") lastTabAt = performance.now();
    },
    true,
  );
}

/** True when the focus that moves now was moved by the Tab key. */
export function isTabbing(): boolean {
  return performance.now() - lastTabAt <= TAB_WINDOW_MS;
}

interface OutsideEvent {
  target: EventTarget | null;
  detail: { originalEvent: Event };
  preventDefault: () => void;
}

function isInToast(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-sonner-toaster]") !== null;
}

/** For `onFocusOutside`. */
export function ignoreBorrowedFocus(event: OutsideEvent): void {
  if (!isTabbing() || isInToast(event.target)) event.preventDefault();
}

/** For `onPointerDownOutside`: a click on a toast is no click outside. */
export function ignoreToasts(event: OutsideEvent): void {
  if (isInToast(event.target) || isInToast(event.detail.originalEvent.target)) event.preventDefault();
}
