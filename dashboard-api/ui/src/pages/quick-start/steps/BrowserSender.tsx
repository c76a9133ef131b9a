import { useMutation } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useState } from "react";
import { ApiProblem } from "@/api/problem";
import { Button, Callout, Segmented } from "@/components";
import { isOwnOrigin } from "@/pages/integrations/setup/gateway";
import type { Setup } from "@/pages/integrations/setup/useSetup";
import { type Phase, type Sent, sendSession } from "@/pages/quick-start/sender";
import { type Kind, simulate } from "@/pages/quick-start/simulate";
import { refusedBy, sendStep as words } from "@/strings/quick-start";

const KINDS = (["person", "script"] as const).map((value) => ({ value, label: words.kinds[value] }));

const phaseText = (phase: Phase): string =>
  phase.name === "events" ? words.phases.events(phase.sent, phase.of) : words.phases[phase.name];

/** Why nothing can be sent from here; `null` when it can. */
function obstacle({ gateway, key }: Setup): string | null {
  if (gateway === null) return words.noGateway;
  if (!isOwnOrigin(gateway)) return words.otherOrigin(gateway);
  return key === null ? words.needsKey : null;
}

/** Plays a page in this browser: what it sends goes the whole way through gateway, Kafka and detector. */
export function BrowserSender({ setup, onSent }: { setup: Setup; onSent: (sent: Sent) => void }) {
  const [kind, setKind] = useState<Kind>("person");
  const [phase, setPhase] = useState<Phase | null>(null);
  const sending = useMutation({
    mutationFn: ({ gateway, key }: { gateway: string; key: string }) => {
      const now = Date.now();
      return sendSession(gateway, key, simulate(kind, now, now), setPhase);
    },
    onSuccess: onSent,
    onSettled: () => setPhase(null),
  });
  const inTheWay = setup.isLoading ? null : obstacle(setup);
  const send = () => {
    if (setup.gateway !== null && setup.key !== null) sending.mutate({ gateway: setup.gateway, key: setup.key });
  };
  return (
    <div className="space-y-3">
      <p className="max-w-prose text-pretty text-muted">{words.browserText}</p>
      <div className="space-y-1.5">
        <Segmented label={words.kind} options={KINDS} value={kind} onValue={setKind} />
        <p className="text-xs text-muted">{words.kindHint[kind]}</p>
      </div>
      {inTheWay === null ? null : <Callout tone="info">{inTheWay}</Callout>}
      <Button variant="primary" icon={Send} busy={sending.isPending} disabled={inTheWay !== null || setup.isLoading} onClick={send}>
        {sending.isSuccess ? words.sendAnother : words.send}
      </Button>
      <Outcome phase={phase} sent={sending.data} error={sending.error} />
    </div>
  );
}

function Outcome({ phase, sent, error }: { phase: Phase | null; sent: Sent | undefined; error: Error | null }) {
  if (error !== null) {
    const text = error instanceof ApiProblem ? refusedBy(error.code, error.detail ?? error.title) : error.message;
    return (
      <div role="alert">
        <Callout tone="bad">{text}</Callout>
      </div>
    );
  }
  const text = phase !== null ? phaseText(phase) : sent === undefined ? "" : words.sent(sent.accepted);
  return (
    <p role="status" className="text-muted tabular-nums">
      {text}
    </p>
  );
}
