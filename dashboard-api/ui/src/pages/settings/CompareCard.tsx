import { useState } from "react";
import { useSearchParams } from "react-router";
import { Card, Checkbox, type DataColumn, DataTable, Field, NativeSelect } from "@/components";
import type { Ruleset, Rulesets, Threshold } from "@/pages/settings/queries";
import { formatThreshold, thresholdTitle } from "@/pages/settings/thresholds";
import { settings as words } from "@/strings/settings";

/** Two rulesets side by side; which ones stands in the address (`left`, `right`). */
export function CompareCard({ known }: { known: Rulesets }) {
  const [parameters, setParameters] = useSearchParams();
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const usable = known.rulesets.filter(({ thresholds }) => thresholds != null);
  const pick = (name: string, otherwise: Ruleset | undefined) =>
    usable.find(({ version }) => version === parameters.get(name)) ?? otherwise;
  const [left, right] = [pick("left", usable[0]), pick("right", usable.find(({ is_default: isDefault }, index) => isDefault && index > 0) ?? usable[1])];
  if (left === undefined) return null;
  if (right === undefined) return <OnlyCard ruleset={left} known={known} />;
  const choose = (name: string) => (version: string) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        next.set(name, version);
        return next;
      },
      { replace: true },
    );
  const differs = ({ name }: Threshold) => left.thresholds?.[name] !== right.thresholds?.[name];
  const rows = onlyDifferent ? known.thresholds.filter(differs) : known.thresholds;
  const options = usable.map(({ version }) => ({ value: version, label: version }));
  return (
    <Card title={words.rulesets.thresholds} flush>
      <div className="flex flex-wrap items-end gap-4 p-4">
        <div className="w-full max-w-72">
          <Field label={words.rulesets.left}>
            {(control) => <NativeSelect {...control} options={options} value={left.version} onValue={choose("left")} />}
          </Field>
        </div>
        <div className="w-full max-w-72">
          <Field label={words.rulesets.right}>
            {(control) => <NativeSelect {...control} options={options} value={right.version} onValue={choose("right")} />}
          </Field>
        </div>
        <Checkbox label={words.rulesets.onlyDifferent} checked={onlyDifferent} onChecked={setOnlyDifferent} />
      </div>
      <DataTable
        caption={words.rulesets.compareCaption(left.version, right.version)}
        rows={rows}
        rowKey={({ name }) => name}
        empty={words.rulesets.allSame}
        columns={[
          NAME,
          { key: "left", header: left.version, align: "right", cell: (threshold) => value(left, threshold) },
          {
            key: "right",
            header: right.version,
            align: "right",
            cell: (threshold) => <span className={differs(threshold) ? "font-semibold" : "text-muted"}>{value(right, threshold)}</span>,
          },
        ]}
      />
    </Card>
  );
}

const value = (ruleset: Ruleset, threshold: Threshold): string => formatThreshold(ruleset.thresholds?.[threshold.name] ?? Number.NaN, threshold);

const NAME: DataColumn<Threshold> = {
  key: "threshold",
  header: words.rulesets.threshold,
  cell: (threshold) => (
    <>
      <span className="font-medium">{thresholdTitle(threshold.name)}</span>
      <span className="block text-xs text-muted">{threshold.meaning}</span>
    </>
  ),
};

/** One ruleset has nothing to be compared with. */
function OnlyCard({ ruleset, known }: { ruleset: Ruleset; known: Rulesets }) {
  const title = words.rulesets.thresholdsOf(ruleset.version);
  return (
    <Card title={title} flush>
      <DataTable
        caption={title}
        rows={known.thresholds}
        rowKey={({ name }) => name}
        columns={[NAME, { key: "value", header: ruleset.version, align: "right", cell: (threshold) => value(ruleset, threshold) }]}
      />
    </Card>
  );
}
