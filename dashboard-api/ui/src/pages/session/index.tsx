import { useParams } from "react-router";
import { ButtonLink, EmptyState, ErrorState, PageHeader } from "@/components";
import { ApiProblem } from "@/api/problem";
import { useLiveRefresh } from "@/live";
import { shortId } from "@/lib/format";
import { CampaignDrawer } from "@/pages/counts/CampaignDrawer";
import { useOpenCampaign } from "@/pages/counts/campaignAddress";
import { keysOf, useSessionDetails } from "@/pages/session/queries";
import { SessionContent } from "@/pages/session/SessionContent";
import { SessionSkeleton } from "@/pages/session/SessionSkeleton";
import { session as text } from "@/strings/session";

/** One session: the page that analysts decide on. */
export default function SessionPage() {
  const { id = "" } = useParams();
  // Another session is another page: nothing of the replay is carried over.
  return <OneSession key={id} id={id} />;
}

function OneSession({ id }: { id: string }) {
  const details = useSessionDetails(id);
  const campaign = useOpenCampaign();
  const { details: detailsKey, events: eventsKey } = keysOf(id);
  useLiveRefresh([detailsKey, eventsKey], { concerns: (message) => "session_id" in message && message.session_id === id });
  if (details.data === undefined) return details.isError ? <Failed id={id} error={details.error} retry={() => void details.refetch()} /> : <SessionSkeleton id={id} />;
  return (
    <>
      <SessionContent id={id} details={details.data} isStale={details.isError} />
      <CampaignDrawer open={campaign.open} onClose={campaign.close} />
    </>
  );
}

function Failed({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  const isUnknown = error instanceof ApiProblem && error.status === 404;
  return (
    <>
      <PageHeader title={text.title(shortId(id))} back={{ to: "/sessions", label: text.back }} />
      {isUnknown ? (
        <EmptyState title={text.unknownTitle} action={<ButtonLink to="/sessions">{text.toSessions}</ButtonLink>}>
          {text.unknownText}
        </EmptyState>
      ) : (
        <ErrorState error={error} onRetry={retry} />
      )}
    </>
  );
}
