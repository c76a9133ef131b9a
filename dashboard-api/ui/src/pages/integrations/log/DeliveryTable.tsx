import { Badge, Button, DataTable, type DataColumn, TextLink, Time } from "@/components";
import { sessionPath } from "@/app/pages";
import { formatDateTime, shortId } from "@/lib/format";
import { outcomeTone } from "@/pages/integrations/log/explain";
import type { Delivery, Integration } from "@/pages/integrations/queries";
import { nameOf } from "@/pages/integrations/status/name";
import { useParameters } from "@/pages/integrations/view";
import { kindWord, log as words, outcomeWord } from "@/strings/integrations";

const none = <span className="text-muted">{words.none}</span>;
const mono = (text: string | null | undefined) => (text == null ? none : <code className="font-mono text-xs wrap-anywhere">{text}</code>);

/** Notices as rows. The first cell opens the details; the session's leads to its page. */
export function DeliveryTable({ rows, integrations }: { rows: Delivery[]; integrations: readonly Integration[] }) {
  const [, change] = useParameters();
  const name = (row: Delivery) => nameOf(integrations.find(({ id }) => id === row.integration) ?? { platform: row.platform });
  const columns: DataColumn<Delivery>[] = [
    {
      key: "what",
      header: words.what,
      cell: (row) => (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2"
          aria-label={words.details(kindWord(row.kind), formatDateTime(row.received_at))}
          onClick={() => change({ delivery: row.notice_id, at: row.received_at })}
        >
          {kindWord(row.kind)}
        </Button>
      ),
    },
    { key: "became", header: words.became, cell: ({ outcome }) => <Badge tone={outcomeTone(outcome)}>{outcomeWord(outcome)}</Badge> },
    { key: "at", header: words.at, cell: ({ received_at }) => <Time at={received_at} /> },
    { key: "integration", header: words.integration, cell: name, hideBelow: "md" },
    { key: "survey", header: words.survey, cell: ({ survey_id }) => mono(survey_id), hideBelow: "md" },
    { key: "response", header: words.response, cell: ({ response_id }) => mono(response_id), hideBelow: "lg" },
    {
      key: "session",
      header: words.session,
      cell: ({ session_id }) => (session_id == null ? none : <SessionLink id={session_id} />),
      hideBelow: "sm",
    },
  ];
  return <DataTable caption={words.caption} columns={columns} rows={rows} rowKey={(row) => `${row.notice_id} ${row.received_at}`} />;
}

const SessionLink = ({ id }: { id: string }) => (
  <TextLink to={sessionPath(id)} className="font-mono text-xs">
    {shortId(id)}
  </TextLink>
);
