import { AlertDialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { Button } from "./Button";
import { ErrorState } from "./ErrorState";
import { backdrop, dialogWidth, panel } from "./panel";
import { useFocusReturn } from "./useFocusReturn";

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  /** What happens, and whether it can be taken back. */
  description: ReactNode;
  confirmLabel: string;
  danger?: boolean | undefined;
  /** The dialog closes when it is done, and stays with the error when it fails. */
  onConfirm: () => Promise<void> | void;
}

export function ConfirmDialog({ open, onOpenChange, ...content }: ConfirmDialogProps) {
  const focusReturn = useFocusReturn();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={backdrop} />
        <Radix.Content
          {...focusReturn}
          className={cx(
            panel,
            "top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-1/2 overflow-auto rounded-card border p-5",
            "starting:scale-98 starting:opacity-0",
            dialogWidth.sm,
          )}
        >
          <ConfirmBody {...content} close={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type ConfirmBodyProps = Omit<ConfirmDialogProps, "open" | "onOpenChange"> & { close: () => void };

function ConfirmBody({ title, description, confirmLabel, danger = false, onConfirm, close }: ConfirmBodyProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ error: unknown } | null>(null);

  async function confirm() {
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setFailure({ error });
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Radix.Title className="text-[15px] leading-6 font-semibold text-ink">{title}</Radix.Title>
      <Radix.Description asChild>
        <div className="mt-1 text-[13px] text-pretty text-muted">{description}</div>
      </Radix.Description>
      {failure ? (
        <div className="mt-3">
          <ErrorState error={failure.error} compact />
        </div>
      ) : null}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Radix.Cancel asChild>
          <Button>{text.cancel}</Button>
        </Radix.Cancel>
        <Button variant={danger ? "danger" : "primary"} busy={busy} onClick={() => void confirm()}>
          {confirmLabel}
        </Button>
      </div>
    </>
  );
}
