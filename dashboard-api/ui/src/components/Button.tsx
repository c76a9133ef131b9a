import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps, MouseEvent } from "react";
import { buttonClass, type ButtonSize, type ButtonVariant } from "./buttonClass";

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
  icon?: LucideIcon | undefined;
  /** Work is under way: the button keeps its focus and its place, but does nothing. */
  busy?: boolean | undefined;
}

export function Button({ variant, size, icon: Icon, busy = false, className, children, onClick, ...button }: ButtonProps) {
  function press(event: MouseEvent<HTMLButtonElement>) {
    if (busy) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    onClick?.(event);
  }
  const Mark = busy ? LoaderCircle : Icon;
  return (
    <button
      type="button"
      {...button}
      onClick={press}
      aria-busy={busy || undefined}
      aria-disabled={busy || button["aria-disabled"]}
      className={buttonClass({ variant, size, className })}
    >
      {Mark ? <Mark aria-hidden className={busy ? "size-4 animate-spin motion-reduce:animate-none" : "size-4 shrink-0"} /> : null}
      {children}
    </button>
  );
}
