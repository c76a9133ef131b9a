import type { Schemas } from "@/api/client";
import { type DataColumn, DataTable, RiskBadge, Time } from "@/components";
import { formatCount } from "@/lib/format";
import type { CampaignName } from "@/pages/counts/campaignAddress";
import { counts } from "@/strings/counts";
import { campaignWord } from "@/strings/words";

type Campaign = Schemas["Campaign"];

const text = counts.campaigns;

const COLUMNS: DataColumn<Campaign>[] = [
  { key: "kind", header: text.kind, cell: (campaign) => campaignWord(campaign.kind) },
  {
    key: "survey",
    header: text.survey,
    className: "max-w-40 truncate",
    hideBelow: "sm",
    cell: (campaign) => campaign.survey_id ?? <span className="text-muted">{text.noSurvey}</span>,
  },
  { key: "sessions", header: text.sessions, align: "right", cell: (campaign) => formatCount(campaign.sessions) },
  { key: "risk", header: text.risk, cell: (campaign) => <RiskBadge level={campaign.risk_level} /> },
  { key: "last", header: text.last, align: "right", hideBelow: "sm", cell: (campaign) => <Time at={campaign.last_at} /> },
];

interface Properties {
  campaigns: Campaign[];
  addressOf: (name: CampaignName) => string;
  /** On the page of one survey its name says nothing new. */
  withSurvey?: boolean;
  empty: string;
}

/** What several sessions have in common; each row opens its sessions beside the page. */
export function CampaignTable({ campaigns, addressOf, withSurvey = true, empty }: Properties) {
  return (
    <DataTable
      caption={text.table}
      columns={withSurvey ? COLUMNS : COLUMNS.filter((column) => column.key !== "survey")}
      rows={campaigns}
      rowKey={({ kind, fingerprint }) => `${kind}:${fingerprint}`}
      rowTo={addressOf}
      empty={empty}
    />
  );
}
