import { useId } from "react";
import { useSurveyNames } from "@/api/surveys";
import { Button, Drawer, Field, SearchInput, Segmented, Slider } from "@/components";
import { formatPercent } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import { CLASSES, classWord, labelWord, METHODS, methodWord, platformWord, RISKS, riskWord, statusWord } from "@/strings/words";
import { CheckGroup } from "./CheckGroup";
import { type Filters, LABELS, NO_FILTERS, PLATFORMS, STATUSES } from "./filters";
import { YesOrNo } from "./YesOrNo";

interface Properties {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  filters: Filters;
  onFilters: (filters: Filters) => void;
}

interface PartProperties {
  filters: Filters;
  change: (part: Partial<Filters>) => void;
}

const { names, hints } = text.filters;

/** Every filter there is. */
export function FilterDrawer({ open, onOpenChange, filters, onFilters }: Properties) {
  const change = (part: Partial<Filters>) => onFilters({ ...filters, ...part });
  return (
    <Drawer
      open={open}
      onOpenChange={onOpenChange}
      title={text.filters.title}
      description={text.filters.description}
      footer={
        <>
          <Button onClick={() => onFilters(NO_FILTERS)}>{text.filters.clear}</Button>
          <Button variant="primary" onClick={() => onOpenChange(false)}>
            {text.filters.done}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-6">
        <Judgement filters={filters} change={change} />
        <Origin filters={filters} change={change} />
        <Evidence filters={filters} change={change} />
      </div>
    </Drawer>
  );
}

function Judgement({ filters, change }: PartProperties) {
  return (
    <>
      <CheckGroup label={names.risk} hint={hints.risk} options={RISKS} word={riskWord} value={filters.risk} onValue={(risk) => change({ risk })} />
      <CheckGroup label={names.class} options={CLASSES} word={classWord} value={filters.class} onValue={(chosen) => change({ class: chosen })} />
      <YesOrNo label={names.bots} hint={hints.bots} value={filters.bots} onValue={(bots) => change({ bots })} />
      <CheckGroup label={names.status} options={STATUSES} word={statusWord} value={filters.status} onValue={(status) => change({ status })} />
      <LabelChoice filters={filters} change={change} />
      <Scores filters={filters} change={change} />
    </>
  );
}

function LabelChoice({ filters, change }: PartProperties) {
  const options = [{ value: "any", label: text.filters.any }, ...LABELS.map((value) => ({ value, label: labelWord(value) }))];
  const choose = (chosen: string) => change({ label: LABELS.find((label) => label === chosen) ?? null });
  return (
    <div className="flex flex-col items-start gap-1.5">
      <span aria-hidden className="font-medium">{names.label}</span>
      <Segmented label={names.label} options={options} value={filters.label ?? "any"} onValue={choose} />
      <p className="text-xs text-muted">{hints.label}</p>
    </div>
  );
}

/** Steps of a twentieth: the index of scores knows these, so that they are quick. */
const SCORE_STEP = 0.05;
const rounded = (value: number): number => Math.round(value * 100) / 100;

function Scores({ filters, change }: PartProperties) {
  const low = filters.minScore ?? 0;
  const high = filters.maxScore ?? 1;
  const slider = { min: 0, max: 1, step: SCORE_STEP, format: formatPercent };
  const choose = (from: number, to: number) =>
    change({ minScore: from === 0 ? null : rounded(from), maxScore: to === 1 ? null : rounded(to) });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{names.score}</legend>
      <p className="text-xs text-muted">{hints.score}</p>
      <Slider {...slider} label={text.filters.minScore} value={low} onValue={(value) => choose(value, Math.max(value, high))} />
      <Slider {...slider} label={text.filters.maxScore} value={high} onValue={(value) => choose(Math.min(low, value), value)} />
    </fieldset>
  );
}

/** Names match as a whole: what is half written lists nothing, so it waits longer than a search does. */
const NAME_WAIT_MS = 700;

function Origin({ filters, change }: PartProperties) {
  const list = useId();
  const surveys = useSurveyNames(filters.survey).data ?? [];
  const platforms = [{ value: "any", label: text.filters.any }, ...PLATFORMS.map((value) => ({ value, label: platformWord(value) }))];
  return (
    <>
      <Field label={names.survey} hint={hints.survey}>
        {(control) => (
          <SearchInput {...control} label={names.survey} list={list} debounceMs={NAME_WAIT_MS} value={filters.survey} onValue={(survey) => change({ survey })} maxLength={128} />
        )}
      </Field>
      <datalist id={list}>
        {surveys.map((survey) => (
          <option key={survey} value={survey} />
        ))}
      </datalist>
      <Field label={names.respondent} hint={hints.respondent}>
        {(control) => (
          <SearchInput {...control} label={names.respondent} debounceMs={NAME_WAIT_MS} value={filters.respondent} onValue={(respondent) => change({ respondent })} maxLength={128} />
        )}
      </Field>
      <div className="flex flex-col items-start gap-1.5">
        <span aria-hidden className="font-medium">{names.platform}</span>
        <Segmented
          label={names.platform}
          options={platforms}
          value={filters.platform === "" ? "any" : filters.platform}
          onValue={(platform) => change({ platform: platform === "any" ? "" : platform })}
        />
      </div>
    </>
  );
}

function Evidence({ filters, change }: PartProperties) {
  return (
    <>
      <CheckGroup label={names.method} hint={hints.method} options={METHODS} word={methodWord} value={filters.method} onValue={(method) => change({ method })} />
      <YesOrNo label={names.finding} hint={hints.finding} value={filters.finding} onValue={(finding) => change({ finding })} />
    </>
  );
}
