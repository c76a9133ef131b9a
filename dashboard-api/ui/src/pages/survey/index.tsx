import { ClipboardX } from "lucide-react";
import { useMemo } from "react";
import { useParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import { ButtonLink, Card, EmptyState, PageHeader, QueryView, RangePicker } from "@/components";
import { formatDay } from "@/lib/format";
import { type Range, useRange } from "@/lib/range";
import type { LiveMessage } from "@/live";
import { ActiveHour } from "@/pages/counts/ActiveHour";
import { FollowLive } from "@/pages/counts/FollowLive";
import { surveyKey, useSurvey, worstKey } from "@/pages/survey/queries";
import { ReportButton } from "@/pages/survey/ReportButton";
import { SurveyContent } from "@/pages/survey/SurveyContent";
import { SurveySkeleton } from "@/pages/survey/SurveySkeleton";
import { survey as text } from "@/strings/survey";

const MONTH: Range = { range: "30d" };

/** One survey: its counts and how they went on, what its sessions share, what it is judged by. */
export default function SurveyPage() {
  const { survey: name = "" } = useParams();
  const { range, setRange, query: rangeQuery } = useRange(MONTH);
  const query = useSurvey(name, range);
  const details = query.data;
  const keys = useMemo(() => [surveyKey(name), worstKey(name)], [name]);
  const concerns = (message: LiveMessage) => "survey_id" in message && message.survey_id === name;
  const isUnknown = details === undefined && query.error instanceof ApiProblem && query.error.code === "unknown_survey";
  return (
    <>
      <FollowLive keys={keys} concerns={concerns} />
      <PageHeader
        title={name}
        documentTitle={name}
        back={{ to: `/surveys?${rangeQuery}`, label: text.back }}
        description={details ? <Active first={details.first_active} last={details.last_active} /> : undefined}
        actions={
          isUnknown ? undefined : (
            <>
              <RangePicker value={range} onValue={setRange} />
              <ReportButton name={name} range={range} />
            </>
          )
        }
      />
      {isUnknown ? (
        <Unknown name={name} />
      ) : (
        <QueryView query={query} skeleton={<SurveySkeleton />}>
          {(data) => <SurveyContent name={name} details={data} range={range} onRange={setRange} />}
        </QueryView>
      )}
    </>
  );
}

function Active({ first, last }: { first: string; last: string }) {
  return (
    <>
      {text.firstSession(formatDay(first))} <ActiveHour at={last} />
    </>
  );
}

function Unknown({ name }: { name: string }) {
  return (
    <Card>
      <EmptyState
        icon={ClipboardX}
        title={text.unknownTitle(name)}
        action={
          <>
            <ButtonLink to="/surveys" variant="primary">
              {text.unknownAction}
            </ButtonLink>
            <ButtonLink to="/quick-start">{text.unknownStart}</ButtonLink>
          </>
        }
      >
        {text.unknownText}
      </EmptyState>
    </Card>
  );
}
