import { useState } from "react";
import { Checkbox, ConfirmDialog } from "@/components";
import type { Operation } from "@/pages/playground/document";
import { addressOf, type Filled } from "@/pages/playground/request";
import { playground as words } from "@/strings/playground";

interface Properties {
  operation: Operation;
  filled: Filled;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** `always`: this operation need not be asked for again. */
  onSend: (always: boolean) => void;
}

/** Asks before something is sent that may change data. */
export function ConfirmSend({ operation, filled, open, onOpenChange, onSend }: Properties) {
  const [always, setAlways] = useState(false);
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={words.send.confirmTitle(operation.method)}
      confirmLabel={words.send.confirmSend}
      onConfirm={() => onSend(always)}
      description={
        <div className="space-y-3">
          <p>{words.send.confirmText}</p>
          <p className="rounded-control border border-line bg-sunken px-2 py-1.5 font-mono text-xs wrap-anywhere text-ink">
            {operation.method} {addressOf(operation, filled)}
          </p>
          <Checkbox label={words.send.confirmAgain} checked={always} onChecked={setAlways} />
        </div>
      }
    />
  );
}
