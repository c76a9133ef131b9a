import { RotateCw } from "lucide-react";
import { Button, Field, NativeSelect, Segmented } from "@/components";
import { letters as text } from "@/strings/letters";
import { isOld, rateOf } from "../health";
import type { Letter, Pipeline } from "../queries";
import { BACK, isFiltered, type LetterFilter, SINCE } from "./filter";

interface Properties {
  filter: LetterFilter;
  onFilter: (filter: LetterFilter) => void;
  letters: Letter[];
  report: Pipeline | undefined;
  onRefresh: () => void;
  isRefreshing: boolean;
}

const ANY = "";

export function LetterFilters({ filter, onFilter, letters, report, onRefresh, isRefreshing }: Properties) {
  const reasons = namesOf(letters.map((letter) => letter.reason), filter.reason);
  const groupTopics = report?.groups.map((group) => group.topic) ?? [];
  const sources = namesOf([...letters.map((letter) => letter.source.topic), ...groupTopics], filter.source);
  const isArriving = report !== undefined && !isOld(report) && (rateOf(report, "dead_letters") ?? 0) > 0;
  return (
    <div role="group" aria-label={text.filters} className="flex flex-wrap items-end gap-3">
      <div className="w-full sm:w-64">
        <Field label={text.reason}>
          {(control) => (
            <NativeSelect
              {...control}
              value={filter.reason ?? ANY}
              onValue={(reason) => onFilter({ ...filter, reason: reason === ANY ? null : reason })}
              options={[{ value: ANY, label: text.anyReason }, ...reasons.map((value) => ({ value, label: text.reasonWord(value) }))]}
            />
          )}
        </Field>
      </div>
      <div className="w-full sm:w-56">
        <Field label={text.source}>
          {(control) => (
            <NativeSelect
              {...control}
              value={filter.source ?? ANY}
              onValue={(source) => onFilter({ ...filter, source: source === ANY ? null : source })}
              options={[{ value: ANY, label: text.anySource }, ...sources.map((value) => ({ value, label: value }))]}
            />
          )}
        </Field>
      </div>
      <div className="w-full sm:w-40">
        <Field label={text.since}>
          {(control) => (
            <NativeSelect
              {...control}
              value={filter.since}
              onValue={(since) => onFilter({ ...filter, since })}
              options={SINCE.map((value) => ({ value, label: text.sinceOptions[value] }))}
            />
          )}
        </Field>
      </div>
      <Segmented
        label={text.back}
        value={filter.back}
        onValue={(back) => onFilter({ ...filter, back })}
        options={BACK.map((value) => ({ value, label: text.backOptions[value] }))}
      />
      <div className="flex flex-wrap items-center gap-2 sm:ml-auto">
        <span role="status" className="text-[13px] text-warn empty:hidden">
          {isArriving ? text.arriving : null}
        </span>
        {isFiltered(filter) ? (
          <Button variant="ghost" onClick={() => onFilter({ ...filter, reason: null, source: null, since: "all" })}>
            {text.clearFilters}
          </Button>
        ) : null}
        <Button icon={RotateCw} onClick={onRefresh} busy={isRefreshing}>
          {text.refresh}
        </Button>
      </div>
    </div>
  );
}

/** Each name once, in order, the chosen one among them. */
const namesOf = (names: string[], chosen: string | null): string[] => [...new Set(chosen === null ? names : [...names, chosen])].sort();
