import { Popover as Radix } from "radix-ui";
import { useState, type ReactElement, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { floatingPanel } from "./classes";
import { ignoreBorrowedFocus, ignoreToasts } from "./keepOpen";
import { useOverlayContainer } from "./overlayContainer";

export interface PopoverProps {
  /** One element that takes props and a ref, for example a `Button`. */
  trigger: ReactElement;
  /** Accessible name of the panel. */
  label: string;
  children: ReactNode | ((close: () => void) => ReactNode);
  align?: "start" | "center" | "end" | undefined;
  side?: "top" | "right" | "bottom" | "left" | undefined;
  open?: boolean | undefined;
  onOpenChange?: ((open: boolean) => void) | undefined;
  className?: string | undefined;
}

export function Popover({ trigger, label, children, align = "start", side = "bottom", open, onOpenChange, className }: PopoverProps) {
  const container = useOverlayContainer();
  const [ownOpen, setOwnOpen] = useState(false);
  const isOpen = open ?? ownOpen;
  function change(next: boolean) {
    setOwnOpen(next);
    onOpenChange?.(next);
  }
  return (
    <Radix.Root open={isOpen} onOpenChange={change}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          onFocusOutside={ignoreBorrowedFocus}
          onPointerDownOutside={ignoreToasts}
          className={cx(
            floatingPanel,
            "max-h-(--radix-popover-content-available-height) w-max max-w-[min(24rem,calc(100vw-1rem))] overflow-auto p-3 text-[13px] outline-none",
            className,
          )}
        >
          {typeof children === "function" ? children(() => change(false)) : children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
