import { Search } from "lucide-react";
import { NavLink } from "react-router";
import { NAVIGATION, type NavigationItem } from "@/app/pages";
import { Kbd } from "@/components";
import { cx } from "@/lib/cx";
import { shell } from "@/strings/common";

interface Properties {
  onSearch: () => void;
  onNavigate?: () => void;
}

const GROUPS: readonly NavigationItem["group"][] = ["analyse", "operate", "set-up"];

/** Links to every page, in three groups. */
export function Navigation({ onSearch, onNavigate }: Properties) {
  return (
    <nav aria-label={shell.navigation} className="flex flex-col gap-4 px-3">
      <button
        type="button"
        onClick={onSearch}
        className="flex items-center gap-2 rounded-control border bg-canvas px-2.5 py-1.5 text-left text-sm text-muted hover:border-strong hover:text-ink"
      >
        <Search aria-hidden className="size-4" />
        <span className="truncate">{shell.palette}</span>
        <span className="ml-auto hidden lg:inline">
          <Kbd>Ctrl K</Kbd>
        </span>
      </button>
      {GROUPS.map((group) => (
        <ul key={group} className="space-y-0.5">
          {NAVIGATION.filter((item) => item.group === group).map((item) => (
            <li key={item.to}>
              <Item item={item} onNavigate={onNavigate} />
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}

function Item({ item, onNavigate }: { item: NavigationItem; onNavigate?: (() => void) | undefined }) {
  return (
    <NavLink
      to={item.to}
      onClick={onNavigate}
      className={({ isActive }) =>
        cx(
          "flex min-h-8 items-center gap-2.5 rounded-control px-2.5 py-1.5 text-sm",
          isActive ? "bg-accent-soft font-medium text-accent" : "text-muted hover:bg-raised hover:text-ink",
        )
      }
    >
      <item.icon aria-hidden className="size-4 shrink-0" />
      {item.label}
    </NavLink>
  );
}
