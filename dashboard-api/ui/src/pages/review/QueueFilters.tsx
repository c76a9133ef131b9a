import { useSearchParams } from "react-router";
import { useSurveyNames } from "@/api/surveys";
import { MultiSelect, NativeSelect, RangePicker } from "@/components";
import { withRange } from "@/lib/range";
import { review as text } from "@/strings/review";
import { RISKS, riskWord } from "@/strings/words";
import { type QueueFilter, withRisks, withSurvey } from "./filter";

const ANY = "";

export function QueueFilters({ filter }: { filter: QueueFilter }) {
  const [, setParameters] = useSearchParams();
  const names = useSurveyNames().data ?? [];
  const surveys = [...new Set(filter.survey === null ? names : [...names, filter.survey])].sort();
  return (
    <div role="group" aria-label={text.filters} className="flex flex-wrap items-center gap-2">
      <RangePicker value={filter.range} onValue={(range) => setParameters((before) => withRange(before, range))} />
      <MultiSelect
        label={text.risk}
        value={[...filter.risks]}
        onValue={(risks) => setParameters((before) => withRisks(before, risks))}
        options={RISKS.map((value) => ({ value, label: riskWord(value) }))}
      />
      <NativeSelect
        aria-label={text.survey}
        className="sm:w-56"
        value={filter.survey ?? ANY}
        onValue={(survey) => setParameters((before) => withSurvey(before, survey))}
        options={[{ value: ANY, label: text.anySurvey }, ...surveys.map((value) => ({ value, label: value }))]}
      />
    </div>
  );
}
