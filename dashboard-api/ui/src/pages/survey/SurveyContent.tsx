import { Moon } from "lucide-react";
import type { Schemas } from "@/api/client";
import { Button, Card, EmptyState } from "@/components";
import type { Range } from "@/lib/range";
import { ClassCard, MethodCard } from "@/pages/counts/BarCards";
import { useOpenCampaign } from "@/pages/counts/campaignAddress";
import { CampaignDrawer } from "@/pages/counts/CampaignDrawer";
import { CampaignTable } from "@/pages/counts/CampaignTable";
import { CountedHours } from "@/pages/counts/CountedHours";
import { SettingsCard } from "@/pages/survey/SettingsCard";
import { SurveyCounters } from "@/pages/survey/SurveyCounters";
import { TimingsCard } from "@/pages/survey/TimingsCard";
import { TrendCards } from "@/pages/survey/TrendCards";
import { WorstCard } from "@/pages/survey/WorstCard";
import { survey as text } from "@/strings/survey";

interface Properties {
  name: string;
  details: Schemas["SurveyDetails"];
  range: Range;
  onRange: (range: Range) => void;
}

/** Everything of a known survey. */
export function SurveyContent({ name, details, range, onRange }: Properties) {
  const { period, trend } = details;
  const isQuiet = period.sessions.total === 0;
  return (
    <div className="space-y-4">
      <SurveyCounters details={details} />
      {isQuiet ? (
        <Quiet onRange={onRange} />
      ) : (
        <>
          <TrendCards trend={trend} onRange={onRange} />
          <WorstCard name={name} period={{ from: period.from, to: period.to }} />
          <div className="grid gap-4 lg:grid-cols-2">
            <ClassCard verdicts={period.verdicts} scope={{ from: period.from, to: period.to, survey: name }} />
            <MethodCard verdicts={period.verdicts} scope={{ from: period.from, to: period.to, survey: name }} />
          </div>
          <TimingsCard name={name} range={range} />
        </>
      )}
      <div className="grid gap-4 lg:grid-cols-2">
        <Campaigns campaigns={details.campaigns} />
        <SettingsCard name={name} />
      </div>
      <CountedHours period={period} />
    </div>
  );
}

function Campaigns({ campaigns }: { campaigns: Schemas["Campaign"][] }) {
  const { open, addressOf, close } = useOpenCampaign();
  return (
    <>
      <Card flush title={text.campaigns.title} description={text.campaigns.description}>
        <CampaignTable campaigns={campaigns} addressOf={addressOf} withSurvey={false} empty={text.campaigns.empty} />
      </Card>
      <CampaignDrawer open={open} onClose={close} />
    </>
  );
}

function Quiet({ onRange }: { onRange: (range: Range) => void }) {
  return (
    <Card>
      <EmptyState
        icon={Moon}
        title={text.quietTitle}
        action={
          <Button variant="primary" onClick={() => onRange({ range: "90d" })}>
            {text.quietAction}
          </Button>
        }
      >
        {text.quietText}
      </EmptyState>
    </Card>
  );
}
