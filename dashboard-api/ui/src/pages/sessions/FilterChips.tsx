import { X } from "lucide-react";
import { focusRing } from "@/components";
import { cx } from "@/lib/cx";
import { sessions as text } from "@/strings/sessions";
import { chipsOf } from "./chips";
import { type Filters, NO_FILTERS } from "./filters";

interface Properties {
  filters: Filters;
  onFilters: (filters: Filters) => void;
}

/** The filters in use, each with a way to be rid of it. */
export function FilterChips({ filters, onFilters }: Properties) {
  const chips = chipsOf(filters);
  if (chips.length === 0) return null;
  return (
    <div className="flex items-center gap-2 overflow-x-auto sm:flex-wrap">
      <ul aria-label={text.filters.active} className="flex gap-1.5 py-0.5 sm:flex-wrap">
        {chips.map((chip) => (
          <li key={chip.key} className="inline-flex h-7 max-w-80 items-center rounded-full border bg-surface pl-2.5 text-xs whitespace-nowrap">
            <span className="text-muted">{chip.name}</span>
            <span className="ml-1.5 min-w-0 truncate font-medium" title={chip.value}>
              {chip.value}
            </span>
            <button
              type="button"
              aria-label={text.filters.remove(chip.name, chip.value)}
              onClick={() => onFilters(chip.without)}
              className={cx("mx-0.5 inline-flex size-6 shrink-0 items-center justify-center rounded-full text-muted hover:bg-raised hover:text-ink", focusRing)}
            >
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => onFilters(NO_FILTERS)}
        className={cx("h-7 rounded-control px-1.5 text-xs whitespace-nowrap text-muted underline-offset-2 hover:text-ink hover:underline", focusRing)}
      >
        {text.filters.clear}
      </button>
    </div>
  );
}
