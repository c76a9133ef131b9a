import { ArrowLeft, ArrowRight, ExternalLink } from "lucide-react";
import { sessionPath } from "@/app/pages";
import { ButtonLink, Callout, Card, ClassBadge, CopyButton, IconButton, QueryView, RiskBadge, SkeletonText } from "@/components";
import { useLiveRefresh } from "@/live";
import { shortId } from "@/lib/format";
import { useTrail } from "@/pages/session/queries";
import { review as text, type GivenLabel } from "@/strings/review";
import { labelWord } from "@/strings/words";
import { LabelBar } from "./LabelBar";
import { detailsKey, type QueueItem, useDetails } from "./queries";
import { SessionFacts } from "./SessionFacts";
import type { Given } from "./sitting";
import { TrailList } from "./TrailList";
import { Verdict } from "./Verdict";

interface Properties {
  id: string;
  /** Absent for a session that is not in the queue, such as one that a colleague has sent. */
  item: QueueItem | undefined;
  place: number;
  count: number;
  hasMore: boolean;
  given: Given | undefined;
  draft: string | undefined;
  mayLabel: boolean;
  onDraft: (note: string) => void;
  onLabel: (label: GivenLabel) => void;
  onSaveNote: (label: GivenLabel) => void;
  onStep: (by: 1 | -1) => void;
}

/** The session at hand: what was found, what colleagues have said, and the label. */
export function SessionPanel({ id, item, place, count, hasMore, given, draft, mayLabel, onDraft, onLabel, onSaveNote, onStep }: Properties) {
  const details = useDetails(id);
  const trail = useTrail(id);
  useLiveRefresh([detailsKey(id)], { concerns: (message) => "session_id" in message && message.session_id === id });
  const session = details.data?.session;
  const said = trail.data?.label ?? null;
  return (
    <Card
      title={
        <span className="flex items-center gap-1">
          <span className="font-mono text-[13px] whitespace-nowrap" title={id}>
            {shortId(id)}
          </span>
          <CopyButton text={id} label={text.sessionId} />
        </span>
      }
      actions={
        <>
          <span role="status" className="text-[13px] text-muted tabular-nums">
            {place === -1 ? text.notInQueue : text.position(place + 1, count, hasMore)}
          </span>
          <IconButton label={text.previous} icon={ArrowLeft} variant="secondary" disabled={place <= 0} onClick={() => onStep(-1)} />
          <IconButton label={text.next} icon={ArrowRight} variant="secondary" disabled={place === count - 1} onClick={() => onStep(1)} />
          <ButtonLink to={sessionPath(id)} icon={ExternalLink}>
            <span className="max-sm:sr-only">{text.open}</span>
          </ButtonLink>
        </>
      }
    >
      <div className="space-y-5 text-[13px]">
        <p className="flex flex-wrap items-center gap-2">
          <RiskBadge level={session?.effective_risk ?? item?.effective_risk ?? null} />
          <ClassBadge value={session?.verdict?.class ?? item?.class ?? null} />
        </p>
        {said === null || given !== undefined ? null : <Callout tone="info">{text.labelledBefore(labelWord(said))}</Callout>}
        <QueryView query={details} skeleton={<SkeletonText lines={10} />} compactError>
          {(data) => (
            <div className="space-y-5">
              <SessionFacts session={data.session} />
              <Verdict details={data} />
            </div>
          )}
        </QueryView>
        <LabelBar given={given} mayLabel={mayLabel} draft={draft} onDraft={onDraft} onLabel={onLabel} onSaveNote={onSaveNote} />
        <section>
          <h3 className="mb-2 text-sm font-semibold">{text.trail}</h3>
          <QueryView query={trail} skeleton={<SkeletonText lines={2} />} compactError>
            {(data) => <TrailList trail={data} />}
          </QueryView>
        </section>
      </div>
    </Card>
  );
}
