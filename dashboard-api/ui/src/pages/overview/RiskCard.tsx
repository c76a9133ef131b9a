import { Card, QueryView, Skeleton } from "@/components";
import type { Range } from "@/lib/range";
import { RiskChart } from "@/pages/counts/RiskChart";
import { useTrend } from "@/pages/overview/queries";
import { counts as text } from "@/strings/counts";

const HEIGHT = 300;

/** Risk over time. */
export function RiskCard({ range, onRange }: { range: Range; onRange: (range: Range) => void }) {
  const query = useTrend(range);
  return (
    <Card title={text.riskTitle} description={text.riskDescription[query.data?.bucket ?? "hour"]}>
      <QueryView query={query} skeleton={<Skeleton className="h-[21rem]" />}>
        {(trend) => <RiskChart trend={trend} onRange={onRange} height={HEIGHT} />}
      </QueryView>
    </Card>
  );
}
