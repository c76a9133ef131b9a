import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { Schemas } from "@/api/client";
import { surveyPath } from "@/app/pages";
import { Card, type DataColumn, DataTable, QueryView, Segmented, TextLink } from "@/components";
import { formatCount, formatPercent } from "@/lib/format";
import type { Range } from "@/lib/range";
import { RiskBar } from "@/pages/counts/RiskBar";
import { RowsSkeleton } from "@/pages/counts/RowsSkeleton";
import { ShareMoveCell } from "@/pages/counts/ShareMove";
import { attacked, type Attacked, type AttackOrder, LEAST_VERDICTS, measured } from "@/pages/overview/attack";
import { useActiveSurveys } from "@/pages/overview/queries";
import { overview } from "@/strings/overview";

type Survey = Schemas["SurveyItem"];
type SurveyPage = Schemas["SurveyPage"];

const text = overview.attack;
const ORDERS: { value: AttackOrder; label: string }[] = [
  { value: "share", label: text.byShare },
  { value: "rise", label: text.byRise },
];
const least = formatCount(LEAST_VERDICTS);

const COLUMNS: DataColumn<Attacked<Survey>>[] = [
  { key: "survey", header: text.survey, className: "max-w-28 truncate sm:max-w-48", cell: ({ survey }) => survey.survey_id },
  {
    key: "share",
    header: text.share,
    align: "right",
    cell: ({ survey, share }) => (
      <span title={text.flaggedOf(formatCount(survey.verdicts.bots_flagged), formatCount(survey.verdicts.total))}>{formatPercent(share)}</span>
    ),
  },
  { key: "change", header: text.change, align: "right", cell: ({ rise }) => <ShareMoveCell by={rise} /> },
  { key: "risks", header: text.risks, hideBelow: "sm", cell: ({ survey }) => <RiskBar verdicts={survey.verdicts} /> },
  { key: "sessions", header: text.sessions, align: "right", hideBelow: "sm", cell: ({ survey }) => formatCount(survey.sessions.total) },
];

/** The order in the page's address. */
function useAttackOrder(): [AttackOrder, (order: AttackOrder) => void] {
  const [parameters, setParameters] = useSearchParams();
  const set = (order: AttackOrder) => {
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (order === "share") next.delete("attack");
        else next.set("attack", order);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  };
  return [parameters.get("attack") === "rise" ? "rise" : "share", set];
}

/** Surveys where bots are at work, as far as their numbers say. */
export function AttackCard({ range, rangeQuery }: { range: Range; rangeQuery: string }) {
  const query = useActiveSurveys(range);
  const [order, setOrder] = useAttackOrder();
  return (
    <Card
      flush
      title={text.title}
      description={order === "share" ? text.bySharesDescription(least) : text.byRiseDescription(least)}
      actions={<Segmented label={text.order} options={ORDERS} value={order} onValue={setOrder} />}
      footer={<Footer surveys={query.data} rangeQuery={rangeQuery} />}
    >
      <QueryView query={query} skeleton={<RowsSkeleton rows={5} />}>
        {(page) => <Surveys page={page} order={order} rangeQuery={rangeQuery} />}
      </QueryView>
    </Card>
  );
}

function Surveys({ page, order, rangeQuery }: { page: SurveyPage; order: AttackOrder; rangeQuery: string }) {
  const rows = useMemo(() => attacked(page.surveys, order), [page, order]);
  const isTooFew = rows.length === 0 && measured(page.surveys).length === 0;
  return (
    <DataTable
      caption={text.table}
      columns={COLUMNS}
      rows={rows}
      rowKey={({ survey }) => survey.survey_id}
      rowTo={({ survey }) => `${surveyPath(survey.survey_id)}?${rangeQuery}`}
      empty={isTooFew ? text.tooFew(least) : order === "share" ? text.none : text.noneRose}
    />
  );
}

function Footer({ surveys, rangeQuery }: { surveys: SurveyPage | undefined; rangeQuery: string }) {
  const isPart = surveys?.next_cursor !== undefined && surveys.next_cursor !== null;
  return (
    <span className="flex flex-wrap justify-between gap-x-4">
      <TextLink to={`/surveys?${rangeQuery}`}>{text.all}</TextLink>
      {isPart ? <span>{text.ofNewest(formatCount(surveys.surveys.length))}</span> : null}
    </span>
  );
}
