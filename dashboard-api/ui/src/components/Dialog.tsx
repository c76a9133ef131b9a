import { cx } from "@/lib/cx";
import { ModalPanel, type DialogProps } from "./ModalPanel";
import { dialogWidth, panel } from "./panel";

export function Dialog({ size = "md", ...dialog }: DialogProps) {
  return (
    <ModalPanel
      {...dialog}
      className={cx(
        panel,
        "top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-1/2 rounded-card border",
        "starting:scale-98 starting:opacity-0",
        dialogWidth[size],
      )}
    />
  );
}
