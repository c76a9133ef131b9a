import { useState } from "react";
import { surveyPath, sessionPath } from "@/app/pages";
import type { Schemas } from "@/api/client";
import {
  Button,
  ClassBadge,
  CopyButton,
  type DataColumn,
  DataTable,
  Drawer,
  ErrorState,
  KeyValues,
  RiskBadge,
  Skeleton,
  SkeletonText,
  TextLink,
  Time,
} from "@/components";
import { formatCount, shortId } from "@/lib/format";
import type { CampaignName } from "@/pages/counts/campaignAddress";
import { useCampaign } from "@/pages/counts/queries";
import { counts } from "@/strings/counts";
import { campaignWord } from "@/strings/words";

type Session = Schemas["SessionItem"];
type Campaign = Schemas["Campaign"];

const text = counts.campaigns;

const COLUMNS: DataColumn<Session>[] = [
  { key: "session", header: text.session, cell: ({ session_id }) => <span className="font-mono text-xs" title={session_id}>{shortId(session_id)}</span> },
  {
    key: "respondent",
    header: text.respondent,
    className: "max-w-32 truncate",
    hideBelow: "sm",
    cell: ({ respondent_id }) => respondent_id ?? <span className="text-muted">{text.noRespondent}</span>,
  },
  { key: "class", header: text.class, hideBelow: "sm", cell: (session) => <ClassBadge value={session.class ?? null} /> },
  { key: "risk", header: text.risk, cell: (session) => <RiskBadge level={session.effective_risk ?? null} /> },
  { key: "created", header: text.created, align: "right", cell: (session) => <Time at={session.created_at} /> },
];

/** One campaign beside the page: what its sessions share, and the sessions. */
export function CampaignDrawer({ open, onClose }: { open: CampaignName | null; onClose: () => void }) {
  // The last one stays while the drawer slides away.
  const [shown, setShown] = useState(open);
  if (open !== null && (open.kind !== shown?.kind || open.fingerprint !== shown.fingerprint)) setShown(open);
  return (
    <Drawer
      open={open !== null}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      title={campaignWord(shown?.kind ?? "")}
      description={text.explain[shown?.kind ?? ""] ?? text.explainOther}
      size="lg"
    >
      {shown === null ? null : <CampaignContent name={shown} />}
    </Drawer>
  );
}

function CampaignContent({ name }: { name: CampaignName }) {
  const query = useCampaign(name);
  const first = query.data?.pages[0];
  if (first === undefined) {
    return query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <CampaignSkeleton />;
  }
  const sessions = query.data?.pages.flatMap((page) => page.sessions) ?? [];
  return (
    <div className="space-y-5">
      <Facts campaign={first.campaign} />
      <section aria-label={text.sessionsTitle} className="overflow-clip rounded-card border">
        <DataTable
          caption={text.sessionsTitle}
          columns={COLUMNS}
          rows={sessions}
          rowKey={(session) => session.session_id}
          rowTo={(session) => sessionPath(session.session_id)}
          empty={text.noSessions}
        />
      </section>
      <div className="flex flex-wrap items-center justify-between gap-3 text-[13px] text-muted">
        <span>{text.shown(formatCount(sessions.length), formatCount(first.campaign.sessions))}</span>
        {query.hasNextPage ? (
          <Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {text.more}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function Facts({ campaign }: { campaign: Campaign }) {
  return (
    <KeyValues
      items={[
        { label: text.alone, value: <RiskBadge level={campaign.risk_level} /> },
        { label: text.sessions, value: formatCount(campaign.sessions) },
        {
          label: text.survey,
          value: campaign.survey_id ? <TextLink to={surveyPath(campaign.survey_id)}>{campaign.survey_id}</TextLink> : text.noSurvey,
        },
        { label: text.first, value: <Time at={campaign.first_at} mode="absolute" /> },
        { label: text.last, value: <Time at={campaign.last_at} mode="absolute" /> },
        {
          label: text.fingerprint,
          value: (
            <span className="inline-flex items-center gap-1 font-mono text-xs">
              {campaign.fingerprint}
              <CopyButton text={campaign.fingerprint} label={text.fingerprint} />
            </span>
          ),
        },
      ]}
    />
  );
}

function CampaignSkeleton() {
  return (
    <div className="space-y-5">
      <SkeletonText lines={5} />
      <Skeleton className="h-64" />
    </div>
  );
}
