import { PageHeader, QueryView, RangePicker } from "@/components";
import { type Range, useRange } from "@/lib/range";
import { ClassCard, MethodCard } from "@/pages/counts/BarCards";
import { CampaignDrawer } from "@/pages/counts/CampaignDrawer";
import { useOpenCampaign } from "@/pages/counts/campaignAddress";
import { CountedHours } from "@/pages/counts/CountedHours";
import { FollowLive } from "@/pages/counts/FollowLive";
import { AttackCard } from "@/pages/overview/AttackCard";
import { CampaignsCard } from "@/pages/overview/CampaignsCard";
import { Counters, CountersSkeleton } from "@/pages/overview/Counters";
import { Nothing } from "@/pages/overview/Nothing";
import { NowCard } from "@/pages/overview/NowCard";
import { CAMPAIGNS_KEY, COUNTS_KEY, NEWEST_KEY, TREND_KEY, useOverview } from "@/pages/overview/queries";
import { RiskCard } from "@/pages/overview/RiskCard";
import { overview as text } from "@/strings/overview";

const FOLLOW_ALL = [COUNTS_KEY, TREND_KEY, NEWEST_KEY];
const FOLLOW_FINDINGS = [CAMPAIGNS_KEY];
const FINDINGS = ["finding"] as const;

/** How a period's sessions look, what flows right now, and what deserves a look first. */
export default function OverviewPage() {
  const { range, setRange, query: rangeQuery } = useRange();
  const overview = useOverview(range);
  const counts = overview.data;
  return (
    <>
      <FollowLive keys={FOLLOW_ALL} />
      <FollowLive keys={FOLLOW_FINDINGS} types={FINDINGS} />
      <PageHeader title={text.title} description={text.description} actions={<RangePicker value={range} onValue={setRange} />} />
      <div className="space-y-4">
        <QueryView query={overview} skeleton={<CountersSkeleton />}>
          {(data) => <Counters counts={data} />}
        </QueryView>
        {counts?.sessions.total === 0 ? (
          <Nothing onRange={setRange} />
        ) : (
          <Cards range={range} rangeQuery={rangeQuery} onRange={setRange} />
        )}
        {counts === undefined || counts.sessions.total === 0 ? null : (
          <>
            <div className="grid gap-4 lg:grid-cols-2">
              <ClassCard verdicts={counts.verdicts} scope={counts} />
              <MethodCard verdicts={counts.verdicts} scope={counts} />
            </div>
            <CountedHours period={counts} />
          </>
        )}
      </div>
    </>
  );
}

/** Parts with questions of their own: each loads and fails by itself. */
function Cards({ range, rangeQuery, onRange }: { range: Range; rangeQuery: string; onRange: (range: Range) => void }) {
  const campaign = useOpenCampaign();
  return (
    <>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
        <RiskCard range={range} onRange={onRange} />
        <NowCard />
      </div>
      <div className="grid gap-4 xl:grid-cols-2">
        <AttackCard range={range} rangeQuery={rangeQuery} />
        <CampaignsCard addressOf={campaign.addressOf} />
      </div>
      <CampaignDrawer open={campaign.open} onClose={campaign.close} />
    </>
  );
}
