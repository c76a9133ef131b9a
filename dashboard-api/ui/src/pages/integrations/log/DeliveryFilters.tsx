import { Field, NativeSelect, RangePicker } from "@/components";
import { useRange } from "@/lib/range";
import type { Integration, LogFilter } from "@/pages/integrations/queries";
import { nameOf } from "@/pages/integrations/status/name";
import { useParameters } from "@/pages/integrations/view";
import { log as words, outcomeWord } from "@/strings/integrations";

const ALL = "all";
const OUTCOME_OPTIONS = [
  { value: ALL, label: words.allOutcomes },
  ...["session_completed", "unmatched", "noted"].map((value) => ({ value, label: outcomeWord(value) })),
];

/** Narrows the log; every choice stands in the address. */
export function DeliveryFilters({ filter, integrations }: { filter: LogFilter; integrations: readonly Integration[] }) {
  const [, change] = useParameters();
  const { setRange } = useRange();
  const known = integrations.map((integration) => ({ value: integration.id, label: `${nameOf(integration)} · ${integration.id}` }));
  // A link may name one that this organisation does not have (any more); the choice must not be hidden.
  const isForeign = filter.integration !== null && !known.some(({ value }) => value === filter.integration);
  const foreign = isForeign && filter.integration !== null ? [{ value: filter.integration, label: filter.integration }] : [];
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3 border-b border-line px-4 py-3">
      <div className="w-full sm:w-64">
        <Field label={words.integration}>
          {(control) => (
            <NativeSelect
              {...control}
              options={[{ value: ALL, label: words.allIntegrations }, ...known, ...foreign]}
              value={filter.integration ?? ALL}
              onValue={(value) => change({ integration: value === ALL ? null : value })}
            />
          )}
        </Field>
      </div>
      <div className="w-full sm:w-48">
        <Field label={words.outcome}>
          {(control) => (
            <NativeSelect
              {...control}
              options={OUTCOME_OPTIONS}
              value={filter.outcome ?? ALL}
              onValue={(value) => change({ outcome: value === ALL ? null : value })}
            />
          )}
        </Field>
      </div>
      <RangePicker value={filter.range} onValue={setRange} />
    </div>
  );
}
