import { Eye, List, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, ConfirmDialog, Dialog, Drawer, Menu, MultiSelect, Popover, Tooltip } from "@/components";
import { gallery as text } from "@/strings/gallery";
import { RISKS, riskWord, type Risk } from "@/strings/words";

type Open = "dialog" | "drawer" | "confirm" | null;

const risks = RISKS.map((value) => ({ value, label: riskWord(value) }));

export function OverlaySamples() {
  const [open, setOpen] = useState<Open>(null);
  const [pinned, setPinned] = useState(true);
  const [chosen, setChosen] = useState<Risk[]>([]);
  const close = () => setOpen(null);
  const footer = <Button variant="primary" onClick={close}>{text.save}</Button>;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button onClick={() => setOpen("dialog")}>{text.open(text.dialog)}</Button>
      <Button onClick={() => setOpen("drawer")}>{text.open(text.drawer)}</Button>
      <Button variant="danger" onClick={() => setOpen("confirm")}>{text.open(text.confirm)}</Button>
      <Tooltip text={text.body}>
        <Button>{text.ghost}</Button>
      </Tooltip>
      <Popover trigger={<Button>{text.open(text.popover)}</Button>} label={text.popover}>{text.body}</Popover>
      <Menu
        trigger={<Button>{text.open(text.menu)}</Button>}
        items={[
          { label: text.menuItems.open, icon: Eye },
          { label: text.menuItems.pinned, checked: pinned, onSelect: () => setPinned(!pinned) },
          { label: text.menuItems.sessions, icon: List, to: "/sessions" },
          "separator",
          { label: text.menuItems.remove, icon: Trash2, danger: true, onSelect: () => setOpen("confirm") },
        ]}
      />
      <Dialog open={open === "dialog"} onOpenChange={close} title={text.dialog} description={text.body} footer={footer}>
        <MultiSelect label={text.risk} options={risks} value={chosen} onValue={setChosen} />
      </Dialog>
      <Drawer open={open === "drawer"} onOpenChange={close} title={text.drawer} footer={footer}>{text.body}</Drawer>
      <ConfirmDialog
        open={open === "confirm"}
        onOpenChange={close}
        title={text.confirm}
        description={text.confirmText}
        confirmLabel={text.remove}
        danger
        onConfirm={() => undefined}
      />
    </div>
  );
}
