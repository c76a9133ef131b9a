import { Radio } from "lucide-react";
import { useCallback, useMemo } from "react";
import { Callout, EmptyState, ErrorBoundary } from "@/components";
import type { Schemas } from "@/api/client";
import { MethodsCard } from "@/pages/session/MethodsCard";
import { hasMoments, momentsOf } from "@/pages/session/moments";
import { useLimits } from "@/pages/session/queries";
import { ReasonsCard } from "@/pages/session/ReasonsCard";
import { REPLAY_ID, ReplayCard } from "@/pages/session/replay/ReplayCard";
import { type ShownReason, useReplayData } from "@/pages/session/replay/useReplayData";
import { useView } from "@/pages/session/replay/useView";
import { ReviewCard } from "@/pages/session/ReviewCard";
import { RevisionsCard } from "@/pages/session/RevisionsCard";
import { SessionHeader } from "@/pages/session/SessionHeader";
import { SimilarCard } from "@/pages/session/SimilarCard";
import { TimelineCard } from "@/pages/session/TimelineCard";
import { TypingCard } from "@/pages/session/TypingCard";
import { useAddress, useTimeInAddress } from "@/pages/session/useAddress";
import { VerdictCard } from "@/pages/session/VerdictCard";
import { components } from "@/strings/components";
import { session as text } from "@/strings/session";

interface Properties {
  id: string;
  details: Schemas["SessionDetails"];
  /** The last refresh has failed. */
  isStale: boolean;
}

const TWO_COLUMNS = "grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_23rem]";

/** The page's outline, and what ties its parts together: one replay, one moment, one reason. */
export function SessionContent({ id, details, isStale }: Properties) {
  const { session } = details;
  const verdict = session.verdict ?? null;
  const isRunning = session.status === "active" || session.status === "pending";
  const address = useAddress();
  const limits = useLimits(verdict?.versions.ruleset).data ?? null;
  const data = useReplayData({ id, isRunning, expected: session.event_count, beginAt: address.time });
  const { player } = data;
  const control = useView(player, data.duration);
  useTimeInAddress(player, address.set);

  // While pages of events still come, moments would be sought again for each.
  const isSettled = data.log.isComplete || data.log.canReadOn;
  const events = useMemo(() => (isSettled ? data.events : []), [isSettled, data.events]);
  const reasons = useMemo(() => verdict?.reasons ?? [], [verdict]);
  const moments = useMemo(
    () => new Map(reasons.filter(({ code }) => hasMoments(code)).map(({ code }) => [code, momentsOf(code, events)])),
    [reasons, events],
  );
  const goTo = useCallback(
    (t: number) => {
      player.pause();
      player.seek(t);
      document.getElementById(REPLAY_ID)?.scrollIntoView({ block: "start", behavior: "smooth" });
    },
    [player],
  );
  const show = (code: string, t: number) => {
    if (address.reason !== code) address.setReason(code);
    control.showAround(t);
    goTo(t);
  };
  const shown = useMemo<ShownReason | null>(() => {
    const reason = reasons.find(({ code }) => code === address.reason);
    if (reason === undefined) return null;
    return { code: reason.code, text: reason.text, moments: moments.get(reason.code) ?? [], stop: () => address.setReason(null) };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the address changes with every move; only its reason matters
  }, [reasons, moments, address.reason]);

  return (
    <>
      <SessionHeader id={id} session={session} isRunning={isRunning} duration={data.duration} />
      {isStale ? (
        <div className="mb-4">
          <Callout tone="warn">{components.error.stale}</Callout>
        </div>
      ) : null}
      <div className="flex flex-col gap-4">
        <div className={TWO_COLUMNS}>
          <div className="flex min-w-0 flex-col gap-4">
            {verdict === null ? (
              <NoVerdict isPending={session.status === "pending"} />
            ) : (
              <>
                <VerdictCard session={session} verdict={verdict} limits={limits} isRunning={isRunning} />
                <ReasonsCard verdict={verdict} limits={limits} moments={moments} shown={address.reason} isReading={!isSettled} onShow={show} />
              </>
            )}
          </div>
          <div className="flex min-w-0 flex-col gap-4">
            <ReviewCard id={id} />
            {verdict === null ? null : <MethodsCard verdict={verdict} />}
          </div>
        </div>
        <ErrorBoundary>
          <ReplayCard data={data} control={control} shown={shown} heat={{ isOn: address.heat, toggle: address.toggleHeat }} isPending={isRunning} />
        </ErrorBoundary>
        <div className={data.hasKeys ? TWO_COLUMNS : undefined}>
          <TimelineCard data={data} filter={address.filter} onFilter={address.setFilter} onGoTo={goTo} />
          {data.hasKeys ? <TypingCard typing={data.typing} /> : null}
        </div>
        <SimilarCard id={id} findings={details.findings} />
        <RevisionsCard details={details} />
      </div>
    </>
  );
}

function NoVerdict({ isPending }: { isPending: boolean }) {
  const words = isPending ? text.pending : { title: text.verdict.none, text: text.verdict.noneText };
  return (
    <section aria-label={text.verdict.title} className="rounded-card border bg-surface">
      <EmptyState icon={Radio} title={words.title}>
        {words.text}
      </EmptyState>
    </section>
  );
}
