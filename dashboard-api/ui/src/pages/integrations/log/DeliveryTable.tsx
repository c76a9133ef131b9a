import { Badge, DataTable, type DataColumn, TextLink, Time, VisuallyHidden } from "@/components";
import { sessionPath } from "@/app/pages";
import { formatDateTime, shortId } from "@/lib/format";
import { outcomeTone } from "@/pages/integrations/log/explain";
import type { Delivery, Integration } from "@/pages/integrations/queries";
import { nameOf } from "@/pages/integrations/status/name";
import { useParameters, withParameters } from "@/pages/integrations/view";
import { kindWord, log as words, outcomeWord } from "@/strings/integrations";

const none = <span className="text-muted">{words.none}</span>;
const mono = (text: string | null | undefined) => (text == null ? none : <code className="font-mono text-xs wrap-anywhere">{text}</code>);

/** Notices as rows. The first cell leads to the details, at an address of their own; the session's to its page. */
export function DeliveryTable({ rows, integrations }: { rows: Delivery[]; integrations: readonly Integration[] }) {
  const [parameters] = useParameters();
  const detailsOf = (row: Delivery) => `?${withParameters(parameters, { delivery: row.notice_id, at: row.received_at }).toString()}`;
  const name = (row: Delivery) => nameOf(integrations.find(({ id }) => id === row.integration) ?? { platform: row.platform });
  const columns: DataColumn<Delivery>[] = [
    {
      key: "what",
      header: words.what,
      cell: (row) => (
        <>
          <TextLink to={detailsOf(row)}>
            {kindWord(row.kind)}
            <VisuallyHidden>{words.details(formatDateTime(row.received_at))}</VisuallyHidden>
          </TextLink>
          <span className="block text-xs text-muted sm:hidden">
            <Time at={row.received_at} />
          </span>
        </>
      ),
    },
    { key: "became", header: words.became, cell: ({ outcome }) => <Badge tone={outcomeTone(outcome)}>{outcomeWord(outcome)}</Badge> },
    { key: "at", header: words.at, cell: ({ received_at }) => <Time at={received_at} />, hideBelow: "sm" },
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
