import { BarList } from "@/charts";
import { Card } from "@/components";
import { formatCount, formatPercent } from "@/lib/format";
import { classBars, methodBars } from "@/pages/counts/bars";
import { shareOf, type Verdicts } from "@/pages/counts/measures";
import type { Scope } from "@/pages/counts/sessionsPath";
import { counts as text } from "@/strings/counts";

interface Properties {
  verdicts: Verdicts;
  scope: Scope;
}

function Nothing({ children }: { children: string }) {
  return <p className="py-6 text-center text-[13px] text-muted">{children}</p>;
}

/** Sessions by what they look like. */
export function ClassCard({ verdicts, scope }: Properties) {
  const items = classBars(verdicts, scope).map((bar) => ({
    ...bar,
    note: formatPercent(shareOf(bar.value, verdicts.total) ?? 0),
  }));
  return (
    <Card title={text.classTitle} description={text.classDescription}>
      {verdicts.total === 0 ? <Nothing>{text.noVerdicts}</Nothing> : <BarList label={text.classLabel} items={items} format={formatCount} />}
    </Card>
  );
}

/** Sessions by the methods that speak for automation. */
export function MethodCard({ verdicts, scope }: Properties) {
  const items = methodBars(verdicts, scope);
  return (
    <Card title={text.methodTitle} description={text.methodDescription}>
      {items.length === 0 ? (
        <Nothing>{verdicts.total === 0 ? text.noVerdicts : text.noMethods}</Nothing>
      ) : (
        <BarList label={text.methodLabel} items={items} format={formatCount} />
      )}
    </Card>
  );
}
