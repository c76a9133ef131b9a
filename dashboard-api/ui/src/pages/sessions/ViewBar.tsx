import { BookmarkPlus, Ellipsis } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { toast } from "sonner";
import { Button, focusRing, IconButton, Menu } from "@/components";
import { cx } from "@/lib/cx";
import { sessions as text } from "@/strings/sessions";
import { ViewDialog } from "./ViewDialog";
import { BUILT_IN, readViews, type View, withoutView, withView, writeViews } from "./views";

interface Asked {
  /** The name that is there already, of a view that is renamed. */
  name: string | null;
}

/** Views to go to, and the one that is shown. What is shown and has no name can be given one. */
export function ViewBar({ search }: { search: string }) {
  const [views, setViews] = useState(readViews);
  const [asked, setAsked] = useState<Asked | null>(null);
  const shown = [...BUILT_IN, ...views].find((view) => view.search === search);
  const own = views.find((view) => view === shown);

  const keep = (next: View[]) => {
    setViews(next);
    writeViews(next);
  };
  const save = (name: string) => {
    const rest = asked?.name ? withoutView(views, asked.name) : views;
    keep(withView(rest, { name, search }));
    setAsked(null);
    toast(text.views.saved(name));
  };
  const remove = (view: View) => {
    keep(withoutView(views, view.name));
    const undo = { label: text.views.undo, onClick: () => keep(withView(readViews(), view)) };
    toast(text.views.removed(view.name), { action: undo });
  };

  return (
    <div className="flex min-w-0 items-center gap-2">
      <nav aria-label={text.views.label} className="min-w-0 overflow-x-auto">
        <ul className="flex gap-1 py-1">
          {[...BUILT_IN, ...views].map((view) => (
            <li key={view.name}>
              <ViewLink view={view} isShown={view === shown} />
            </li>
          ))}
        </ul>
      </nav>
      {own ? (
        <Menu
          trigger={<IconButton label={text.views.manage(own.name)} icon={Ellipsis} size="sm" />}
          items={[
            { label: text.views.rename, onSelect: () => setAsked({ name: own.name }) },
            { label: text.views.remove, danger: true, onSelect: () => remove(own) },
          ]}
        />
      ) : null}
      {shown === undefined ? (
        <Button variant="ghost" size="sm" icon={BookmarkPlus} onClick={() => setAsked({ name: null })}>
          {text.views.save}
        </Button>
      ) : null}
      {asked === null ? null : <ViewDialog name={asked.name} taken={views.map((view) => view.name)} onSave={save} onClose={() => setAsked(null)} />}
    </div>
  );
}

function ViewLink({ view, isShown }: { view: View; isShown: boolean }) {
  return (
    <Link
      to={{ pathname: "/sessions", search: view.search }}
      aria-current={isShown ? "page" : undefined}
      className={cx(
        "inline-flex h-7 items-center rounded-full border px-2.5 text-[13px] whitespace-nowrap no-underline",
        isShown ? "border-accent bg-accent-soft font-medium text-accent" : "border-transparent text-muted hover:bg-raised hover:text-ink",
        focusRing,
      )}
    >
      {view.name}
    </Link>
  );
}
