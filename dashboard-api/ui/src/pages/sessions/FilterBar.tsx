import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { Button, MultiSelect, SearchInput } from "@/components";
import { sessions as text } from "@/strings/sessions";
import { CLASSES, classWord, RISKS, riskWord } from "@/strings/words";
import { chipsOf } from "./chips";
import { FilterDrawer } from "./FilterDrawer";
import type { Filters } from "./filters";
import { WhenPicker } from "./WhenPicker";

/** The field's id, for the key that goes to it. */
export const SEARCH_ID = "sessions-search";

interface Properties {
  filters: Filters;
  onFilters: (filters: Filters) => void;
}

const risks = RISKS.map((value) => ({ value, label: riskWord(value) }));
const classes = CLASSES.map((value) => ({ value, label: classWord(value) }));

/** The filters that are used most; the others stand in a drawer. */
export function FilterBar({ filters, onFilters }: Properties) {
  const [isOpen, setOpen] = useState(false);
  const change = (part: Partial<Filters>) => onFilters({ ...filters, ...part });
  const count = chipsOf(filters).length;
  return (
    <div role="search" aria-label={text.filters.title} className="flex flex-wrap items-center gap-2">
      <SearchInput
        id={SEARCH_ID}
        label={text.search.label}
        placeholder={text.search.placeholder}
        value={filters.q}
        onValue={(q) => change({ q: q.trim() })}
        maxLength={128}
        className="flex-1 basis-56 max-sm:basis-full sm:max-w-sm"
      />
      <WhenPicker value={filters.range} onValue={(range) => change({ range })} />
      <div className="hidden gap-2 md:flex">
        <MultiSelect label={text.filters.names.risk} options={risks} value={filters.risk} onValue={(risk) => change({ risk })} />
        <MultiSelect label={text.filters.names.class} options={classes} value={filters.class} onValue={(chosen) => change({ class: chosen })} />
      </div>
      <Button
        icon={SlidersHorizontal}
        aria-label={count === 0 ? text.filters.open : text.filters.openCount(count)}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        {text.filters.open}
        {count === 0 ? null : <span className="rounded-full bg-accent-soft px-1.5 text-xs text-accent tabular-nums">{count}</span>}
      </Button>
      <FilterDrawer open={isOpen} onOpenChange={setOpen} filters={filters} onFilters={onFilters} />
    </div>
  );
}
