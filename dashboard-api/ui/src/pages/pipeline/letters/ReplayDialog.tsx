import { Button, Callout, Dialog, ErrorState, KeyValues, SkeletonText } from "@/components";
import { formatCount } from "@/lib/format";
import { letters as text } from "@/strings/letters";
import { type ReplayReport, useReplay, useReplayPlan } from "../queries";
import type { Replay } from "./LetterList";
import { ReplayResult } from "./ReplayResult";

interface Properties {
  replay: Replay;
  /** `true` when letters were replayed. */
  onClose: (isDone: boolean) => void;
}

/** Counts what would go back, asks, does it, and says what became of each letter. */
export function ReplayDialog({ replay, onClose }: Properties) {
  const plan = useReplayPlan(replay.ask);
  const run = useReplay();
  const close = () => {
    if (!run.isPending) onClose(run.isSuccess);
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title={text.replayTitle}
      size="lg"
      footer={
        run.isSuccess ? (
          <Button variant="primary" onClick={close}>
            {text.close}
          </Button>
        ) : (
          <>
            <Button onClick={close} disabled={run.isPending}>
              {text.close}
            </Button>
            {plan.data === undefined || plan.data.to_replay === 0 ? null : (
              <Button variant="primary" busy={run.isPending} onClick={() => run.mutate(replay.ask)}>
                {run.isPending ? text.replaying : text.confirm(plan.data.to_replay)}
              </Button>
            )}
          </>
        )
      }
    >
      <div className="space-y-4">
        {run.isSuccess ? <ReplayResult chosen={replay.chosen} report={run.data} /> : null}
        {run.isSuccess || plan.data === undefined ? null : <Plan plan={plan.data} />}
        {run.isError ? <ErrorState error={run.error} compact /> : null}
        {plan.isError ? <ErrorState error={plan.error} onRetry={() => void plan.refetch()} compact /> : null}
        {plan.isPending ? <Planning /> : null}
      </div>
    </Dialog>
  );
}

function Planning() {
  return (
    <div aria-busy="true">
      <p role="status" className="mb-2 text-muted">
        {text.planning}
      </p>
      <SkeletonText lines={4} />
    </div>
  );
}

function Plan({ plan }: { plan: ReplayReport }) {
  return (
    <>
      <KeyValues
        items={[
          { label: text.meant, value: formatCount(plan.letters) },
          { label: text.replayedBefore, value: formatCount(plan.replayed_before) },
          { label: text.toReplay, value: <strong>{formatCount(plan.to_replay)}</strong> },
        ]}
      />
      {plan.to_replay === 0 ? (
        <Callout tone="info">{text.nothingToReplay}</Callout>
      ) : (
        <>
          <Counts title={text.byReasonPlan} counts={plan.by_reason} word={text.reasonWord} />
          <Counts title={text.byTopicPlan} counts={plan.by_topic} word={(topic) => topic} />
          <Callout tone="warn">
            <p>{text.replayNote}</p>
            <p>{text.willFail}</p>
          </Callout>
        </>
      )}
    </>
  );
}

function Counts({ title, counts, word }: { title: string; counts: Record<string, number>; word: (name: string) => string }) {
  const sorted = Object.entries(counts).sort((one, other) => other[1] - one[1]);
  return (
    <section>
      <h3 className="mb-1 text-[13px] font-medium">{title}</h3>
      <KeyValues items={sorted.map(([name, count]) => ({ label: word(name), value: formatCount(count) }))} />
    </section>
  );
}
