import { useState } from "react";
import { Card, ErrorState, PageHeader, SkeletonText } from "@/components";
import { formatCount } from "@/lib/format";
import { GatewayField } from "@/pages/integrations/setup/GatewayField";
import { useSetup } from "@/pages/integrations/setup/useSetup";
import { useParameters } from "@/pages/integrations/view";
import { LiveFeed } from "@/pages/quick-start/LiveFeed";
import { stepStates } from "@/pages/quick-start/progress";
import { ProgressCard } from "@/pages/quick-start/ProgressCard";
import type { Sent } from "@/pages/quick-start/sender";
import { StepCard } from "@/pages/quick-start/StepCard";
import { ConnectStep } from "@/pages/quick-start/steps/ConnectStep";
import { KeyStep } from "@/pages/quick-start/steps/KeyStep";
import { SendStep, wayOf } from "@/pages/quick-start/steps/SendStep";
import { VerdictStep } from "@/pages/quick-start/steps/VerdictStep";
import { useProgress } from "@/pages/quick-start/useProgress";
import { useVerdictTime } from "@/pages/quick-start/useVerdictTime";
import { connectStep, gatewayStep, keyStep, quickStart as words, sendStep, verdictStep } from "@/strings/quick-start";

/** From nothing to a first verdict. What is done is read from the server, so a reload or a colleague sees the same. */
export default function Page() {
  const [parameters, change] = useParameters();
  const [sent, setSent] = useState<Sent | null>(null);
  const setup = useSetup();
  const { facts, watched, status, failure } = useProgress(setup, parameters.get("session"));
  const tookMs = useVerdictTime(sent);
  const states = stepStates(facts);
  const take = (next: Sent) => {
    setSent(next);
    change({ session: next.session });
  };
  return (
    <>
      <PageHeader title={words.title} description={words.description} />
      {failure === null ? null : (
        <Card title={words.unreachable} className="mb-4">
          <ErrorState error={failure.error} onRetry={failure.retry} />
        </Card>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem] xl:grid-cols-[minmax(0,1fr)_24rem]">
        <aside className="space-y-4 lg:sticky lg:top-6 lg:order-2">
          {failure === null ? <ProgressCard facts={facts} /> : null}
          <div className="max-lg:hidden">
            <LiveFeed />
          </div>
        </aside>
        <ol aria-label={words.steps} className="min-w-0 space-y-3">
          <StepCard step={1} title={keyStep.title} state={states.key}>
            {status.isPending ? <SkeletonText lines={3} /> : <KeyStep filling={setup} known={status.data?.publishable_keys} />}
          </StepCard>
          <StepCard step={2} title={gatewayStep.title} state={states.gateway}>
            <p className="max-w-prose text-muted">{gatewayStep.text}</p>
            <div className="max-w-lg">{setup.isLoading ? <SkeletonText lines={2} /> : <GatewayField setup={setup} />}</div>
          </StepCard>
          <StepCard step={3} title={sendStep.title} state={states.send}>
            {states.send === "done" && watched !== null ? <p role="status">{sendStep.seen(formatCount(watched.events))}</p> : null}
            <SendStep setup={setup} way={wayOf(parameters.get("way"))} onWay={(way) => change({ way })} onSent={take} />
          </StepCard>
          <StepCard step={4} title={verdictStep.title} state={states.verdict}>
            <VerdictStep watched={watched} tookMs={sent?.session === watched?.id ? tookMs : null} />
          </StepCard>
          <StepCard step={5} title={connectStep.title} state={states.connect}>
            <ConnectStep isDone={facts?.hasMatched === true} />
          </StepCard>
        </ol>
      </div>
    </>
  );
}
