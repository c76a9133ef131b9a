import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { buttonClass, type ButtonSize, type ButtonVariant } from "./buttonClass";
import { Tooltip } from "./Tooltip";

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  /** Accessible name and tooltip. */
  label: string;
  icon: LucideIcon;
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
  busy?: boolean | undefined;
}

export function IconButton({ label, icon, variant = "ghost", size, busy = false, className, onClick, ...button }: IconButtonProps) {
  const Mark = busy ? LoaderCircle : icon;
  return (
    <Tooltip text={label} naming>
      <button
        type="button"
        aria-label={label}
        {...button}
        onClick={busy ? undefined : onClick}
        aria-busy={busy || undefined}
        aria-disabled={busy || button["aria-disabled"]}
        className={buttonClass({ variant, size, square: true, className })}
      >
        <Mark aria-hidden className={busy ? "size-4 animate-spin motion-reduce:animate-none" : "size-4"} />
      </button>
    </Tooltip>
  );
}
