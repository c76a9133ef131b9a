import { Callout, Card } from "@/components";
import { baseNumbers, baseOf, effectiveNumbers } from "@/pages/settings/draft";
import { RiskScale } from "@/pages/settings/RiskScale";
import { ThresholdRow } from "@/pages/settings/ThresholdRow";
import { grouped } from "@/pages/settings/thresholds";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

export function ThresholdsCard({ editor, disabled }: { editor: Editor; disabled: boolean }) {
  const { draft, known, mistakes } = editor;
  const [base, numbers] = [baseNumbers(draft, known), effectiveNumbers(draft, known)];
  const isKnown = baseOf(draft, known)?.thresholds != null;
  return (
    <Card title={words.thresholds.title} description={words.thresholds.description}>
      {isKnown ? null : <Callout tone="warn">{words.thresholds.unknownBase}</Callout>}
      <div className="grid gap-x-10 gap-y-6 2xl:grid-cols-2">
        {grouped(known.thresholds).map((group) => (
          <section key={group.name} aria-labelledby={`group-${group.name}`} className="min-w-0">
            <h3 id={`group-${group.name}`} className="text-[13px] font-semibold">
              {words.thresholds.groups[group.name].title}
            </h3>
            <p className="mb-2 text-xs text-muted">{words.thresholds.groups[group.name].hint}</p>
            {group.name === "risk" ? <RiskScale numbers={numbers} /> : null}
            <ul>
              {group.thresholds.map((threshold) => (
                <ThresholdRow
                  key={threshold.name}
                  threshold={threshold}
                  value={numbers[threshold.name] ?? threshold.default}
                  base={base[threshold.name] ?? threshold.default}
                  mistake={mistakes.get(`thresholds.${threshold.name}`)}
                  disabled={disabled}
                  onValue={(value) => editor.setThreshold(threshold.name, value)}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Card>
  );
}
