import { Badge, Button, Card, type DataColumn, DataTable, EmptyState, QueryView, Skeleton, TextLink, Time } from "@/components";
import { CompareCard } from "@/pages/settings/CompareCard";
import { type Ruleset, useRulesets } from "@/pages/settings/queries";
import { thresholdTitle } from "@/pages/settings/thresholds";
import { settings as words } from "@/strings/settings";

/** Most surveys that a row names. */
const MOST_NAMED = 6;

/** The rulesets there are, and which surveys are judged by which. */
export function RulesetsTab() {
  const query = useRulesets();
  return (
    <div className="space-y-4">
      <Card title={words.rulesets.title} description={words.rulesets.description} flush>
        <QueryView
          query={query}
          skeleton={<Skeleton className="m-4 h-40" />}
          empty={({ rulesets }) => rulesets.length === 0 && <EmptyState title={words.rulesets.empty} />}
        >
          {({ rulesets }) => <DataTable caption={words.rulesets.caption} rows={rulesets} rowKey={({ version }) => version} columns={COLUMNS} />}
        </QueryView>
        {query.hasNextPage ? (
          <div className="border-t border-line p-3">
            <Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {words.rulesets.more}
            </Button>
          </div>
        ) : null}
      </Card>
      {query.data !== undefined ? <CompareCard known={query.data} /> : null}
    </div>
  );
}

const COLUMNS: DataColumn<Ruleset>[] = [
  { key: "version", header: words.rulesets.version, cell: (ruleset) => <Version ruleset={ruleset} /> },
  { key: "differs", header: words.rulesets.differs, hideBelow: "sm", cell: (ruleset) => <Differs ruleset={ruleset} /> },
  { key: "surveys", header: words.rulesets.surveys, cell: (ruleset) => <Surveys ruleset={ruleset} /> },
  {
    key: "created",
    header: words.rulesets.created,
    hideBelow: "md",
    cell: ({ created_at: at }) => (at == null ? <span className="text-muted">{words.rulesets.builtin}</span> : <Time at={at} />),
  },
];

function Version({ ruleset: { version, is_default: isDefault, from_settings: fromSettings, description } }: { ruleset: Ruleset }) {
  return (
    <div className="space-y-1">
      <span className="flex flex-wrap items-center gap-1.5">
        <code className="font-mono text-xs font-medium wrap-anywhere">{version}</code>
        {isDefault ? <Badge tone="accent">{words.rulesets.default}</Badge> : null}
      </span>
      {fromSettings ? <p className="text-xs text-muted">{words.rulesets.fromSettings}</p> : null}
      {description == null || fromSettings ? null : <p className="max-w-prose text-xs text-pretty text-muted">{description}</p>}
    </div>
  );
}

function Differs({ ruleset: { differs, thresholds } }: { ruleset: Ruleset }) {
  if (thresholds == null) return <span className="text-warn">{words.rulesets.unusable}</span>;
  if (differs.length === 0) return <span className="text-muted">{words.rulesets.same}</span>;
  return <span className="text-pretty">{differs.map(thresholdTitle).join(", ")}</span>;
}

function Surveys({ ruleset: { surveys, survey_count: count } }: { ruleset: Ruleset }) {
  if (count === 0) return <span className="text-muted">{words.rulesets.noSurveys}</span>;
  const named = surveys.slice(0, MOST_NAMED);
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1">
      {named.map((survey) => (
        <li key={survey} className="wrap-anywhere">
          <TextLink to={`?${new URLSearchParams({ survey }).toString()}`}>{survey}</TextLink>
        </li>
      ))}
      {count > named.length ? <li className="text-muted">{words.rulesets.moreSurveys(String(count - named.length))}</li> : null}
    </ul>
  );
}
