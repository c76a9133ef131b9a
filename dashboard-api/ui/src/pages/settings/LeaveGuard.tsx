import { useEffect, useRef } from "react";
import { type Location, useBlocker } from "react-router";
import { ConfirmDialog } from "@/components";
import { settings as words } from "@/strings/settings";

/** What of an address, when changed, takes the editor away. */
function placeOf({ pathname, search }: Location): string {
  const parameters = new URLSearchParams(search);
  return [pathname, parameters.get("tab"), parameters.get("survey")].join("\n");
}

/** Asks before unsaved changes are lost: by a link, the back button, or closing the tab. */
export function LeaveGuard({ changes }: { changes: number }) {
  const dirty = changes > 0;
  const leaves = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => dirty && placeOf(currentLocation) !== placeOf(nextLocation),
  );
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);
  return (
    <ConfirmDialog
      open={blocker.state === "blocked"}
      onOpenChange={(open) => {
        // Closing after "leave" is not staying.
        if (!open && !leaves.current) blocker.reset?.();
        leaves.current = false;
      }}
      title={words.leave.title}
      description={words.leave.text(words.save.changes(changes))}
      confirmLabel={words.leave.leave}
      danger
      onConfirm={() => {
        leaves.current = true;
        blocker.proceed?.();
      }}
    />
  );
}
