import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Callout, ClassBadge, type DataColumn, DataTable, EmptyState, InlineCode, RiskBadge, Stat, StatGrid } from "@/components";
import { cx } from "@/lib/cx";
import { formatCount, formatPercent } from "@/lib/format";
import { Part } from "@/pages/settings/Part";
import { classRows, riskRows, type Row, signed } from "@/pages/settings/preview";
import { PreviewChanges } from "@/pages/settings/PreviewChanges";
import type { PreviewAnswer } from "@/pages/settings/queries";
import { settings as words } from "@/strings/settings";
import { type Risk, RISKS, riskWord } from "@/strings/words";

/** The figures of a preview. */
export function PreviewResult({ answer }: { answer: PreviewAnswer }) {
  const notJudged = answer.not_judged.reduce((sum, { sessions }) => sum + sessions, 0);
  if (answer.judged + notJudged === 0) return <EmptyState title={words.preview.emptyTitle}>{words.preview.empty}</EmptyState>;
  return (
    <div className="space-y-5">
      <StatGrid>
        <Stat label={words.preview.judged} value={formatCount(answer.judged)} />
        <Stat
          label={words.preview.changed}
          value={formatCount(answer.changed)}
          hint={answer.judged > 0 ? words.preview.ofAll(formatPercent(answer.changed / answer.judged)) : undefined}
        />
        <Stat label={words.preview.bots} value={formatCount(answer.after.bots)} delta={{ now: answer.after.bots, before: answer.before.bots }} />
        <Stat label={words.preview.notJudged} value={formatCount(notJudged)} />
      </StatGrid>
      {answer.has_more ? <Callout tone="info">{words.preview.more(formatCount(answer.judged + notJudged))}</Callout> : null}
      <div className="grid gap-5 lg:grid-cols-2">
        <Part title={words.preview.byRisk}>
          <DataTable<Row>
            caption={words.preview.byRisk}
            rows={[...riskRows(answer), { key: BOTS, before: answer.before.bots, after: answer.after.bots }]}
            rowKey={({ key }) => key}
            columns={beforeAfter(words.preview.risk, (key) =>
              key === BOTS ? <span className="font-medium">{words.preview.botsRow}</span> : <RiskBadge level={key as Risk} />,
            )}
          />
        </Part>
        <Part title={words.preview.byClass}>
          <DataTable<Row>
            caption={words.preview.byClass}
            rows={classRows(answer)}
            rowKey={({ key }) => key}
            columns={beforeAfter(words.preview.class, (key) => <ClassBadge value={key} />)}
          />
        </Part>
      </div>
      <details className="group rounded-control border border-line">
        <summary className="flex min-h-8 cursor-pointer items-center gap-1.5 px-3 text-[13px] font-medium">
          <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90 motion-reduce:transition-none" />
          {words.preview.matrixTitle}
        </summary>
        <RiskMatrix matrix={answer.risks} />
      </details>
      <PreviewChanges answer={answer} />
      {answer.not_judged.length === 0 ? null : <NotJudged answer={answer} />}
      <p className="text-xs text-muted">
        {words.preview.own} {words.preview.ruleset} <InlineCode>{answer.ruleset}</InlineCode>
      </p>
    </div>
  );
}

const BOTS = "bots";

function beforeAfter(header: string, name: (key: string) => ReactNode): DataColumn<Row>[] {
  return [
    { key: "name", header, cell: ({ key }) => name(key) },
    { key: "before", header: words.preview.before, align: "right", cell: ({ before }) => formatCount(before) },
    { key: "after", header: words.preview.after, align: "right", cell: ({ after }) => formatCount(after) },
    {
      key: "difference",
      header: words.preview.difference,
      align: "right",
      cell: ({ before, after }) => (
        <span className={after === before ? "text-muted" : "font-semibold"}>{signed(after - before)}</span>
      ),
    },
  ];
}

/** From which risk to which; those that stay stand on the diagonal. */
function RiskMatrix({ matrix }: { matrix: PreviewAnswer["risks"] }) {
  return (
    <DataTable<Risk>
      caption={words.preview.matrixCaption}
      rows={[...RISKS]}
      rowKey={(risk) => risk}
      columns={[
        { key: "from", header: words.preview.from, cell: (risk) => <RiskBadge level={risk} /> },
        ...RISKS.map((to): DataColumn<Risk> => ({
          key: to,
          header: riskWord(to),
          align: "right",
          cell: (from) => {
            const count = matrix[from]?.[to] ?? 0;
            return <span className={cx(from === to || count === 0 ? "text-muted" : "font-semibold")}>{formatCount(count)}</span>;
          },
        })),
      ]}
    />
  );
}

function NotJudged({ answer }: { answer: PreviewAnswer }) {
  return (
    <Part title={words.preview.notJudgedTitle}>
      <DataTable
        caption={words.preview.notJudgedCaption}
        rows={answer.not_judged}
        rowKey={({ reason }) => reason}
        columns={[
          {
            key: "reason",
            header: words.preview.reason,
            cell: ({ reason }) => (
              <>
                {words.preview.why[reason] ?? reason.replaceAll("_", " ")} <code className="font-mono text-[11px] text-muted">{reason}</code>
              </>
            ),
          },
          { key: "sessions", header: words.preview.sessions, align: "right", cell: ({ sessions }) => formatCount(sessions) },
        ]}
      />
    </Part>
  );
}
