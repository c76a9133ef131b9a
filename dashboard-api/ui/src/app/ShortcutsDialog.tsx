import { Dialog, Kbd } from "@/components";
import { shortcuts } from "@/strings/common";

interface Properties {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** What the keyboard can do. */
export default function ShortcutsDialog({ open, onOpenChange }: Properties) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={shortcuts.title} size="md">
      <div className="grid gap-6 sm:grid-cols-2">
        {shortcuts.groups.map((group) => (
          <section key={group.title}>
            <h3 className="mb-2 text-sm font-semibold">{group.title}</h3>
            <dl className="space-y-1.5 text-sm">
              {group.keys.map(([key, meaning]) => (
                <div key={key} className="flex items-center justify-between gap-4">
                  <dt className="text-muted">{meaning}</dt>
                  <dd>
                    <Kbd>{key}</Kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
