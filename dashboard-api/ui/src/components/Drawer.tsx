import { cx } from "@/lib/cx";
import { ModalPanel, type DialogProps } from "./ModalPanel";
import { dialogWidth, panel } from "./panel";

/** The same at the right edge of the window: for details beside a list. */
export function Drawer({ size = "md", ...dialog }: DialogProps) {
  return (
    <ModalPanel
      {...dialog}
      className={cx(panel, "inset-y-0 right-0 h-dvh w-full border-l starting:translate-x-6 starting:opacity-0", dialogWidth[size])}
    />
  );
}
