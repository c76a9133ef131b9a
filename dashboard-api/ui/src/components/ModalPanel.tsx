import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { focusRing } from "./classes";
import { IconButton } from "./IconButton";
import { ignoreToasts } from "./keepOpen";
import { OverlayContainer } from "./overlayContainer";
import { backdrop, type DialogSize } from "./panel";
import { useFocusReturn } from "./useFocusReturn";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  size?: DialogSize | undefined;
}

/** What dialog and drawer share; the class says where it stands. */
export function ModalPanel({ open, onOpenChange, title, description, children, footer, className }: DialogProps & { className: string }) {
  const [container, setContainer] = useState<HTMLElement | null>(null);
  const focusReturn = useFocusReturn();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={backdrop} />
        <Radix.Content
          ref={setContainer}
          className={className}
          onPointerDownOutside={ignoreToasts}
          {...focusReturn}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
        >
          <OverlayContainer value={container}>
            <header className="flex items-start justify-between gap-4 border-b border-line py-3 pr-3 pl-5">
              <div className="min-w-0 flex-1 pt-0.5">
                <Radix.Title className="text-[15px] leading-6 font-semibold wrap-anywhere text-ink">{title}</Radix.Title>
                {description === undefined ? null : (
                  <Radix.Description className="text-[13px] text-pretty text-muted">{description}</Radix.Description>
                )}
              </div>
              <Radix.Close asChild>
                <IconButton label={text.close} icon={X} size="sm" />
              </Radix.Close>
            </header>
            <div className={cx("min-h-0 flex-1 overflow-auto px-5 py-4 text-[13px] text-ink", focusRing)}>{children}</div>
            {footer === undefined ? null : (
              <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
            )}
          </OverlayContainer>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
