import { useState } from "react";
import { Callout, Card, ConfirmDialog, EmptyState, ErrorState } from "@/components";
import { type Choice, type Draft, type Problems, TestForm } from "@/pages/integrations/console/TestForm";
import { isSessionId } from "@/pages/integrations/console/steps";
import { TestSteps } from "@/pages/integrations/console/TestSteps";
import { type Integration, type Status, useTest } from "@/pages/integrations/queries";
import { useSetup } from "@/pages/integrations/setup/useSetup";
import { useParameters } from "@/pages/integrations/view";
import { console_ as words } from "@/strings/integrations";

const draftOf = (parameters: URLSearchParams): Draft => ({
  event: parameters.get("event") === "completed" ? "completed" : "partial",
  session: parameters.get("session") ?? "",
  tamper: parameters.get("tamper") === "1",
});

const parametersOf = ({ event, session, tamper }: Draft): Record<string, string | null> => ({
  event: event === "partial" ? null : event,
  session: session === "" ? null : session,
  tamper: tamper ? "1" : null,
});

function problemsOf({ integration, event, session }: Choice): Problems {
  if (session !== "" && !isSessionId(session)) return { session: words.sessionInvalid };
  const needsSession = integration.platform === "decipher" && event === "completed";
  return needsSession && session === "" ? { session: words.sessionRequired } : {};
}

/** Plays a platform and shows what came of it. */
export function TestConsole({ status }: { status: Status }) {
  const { mayOperate } = useSetup();
  const [parameters] = useParameters();
  const active = status.integrations.filter(({ is_active }) => is_active);
  // A revoked or unknown one cannot be tested.
  const integration = active.find(({ id }) => id === parameters.get("integration")) ?? active[0];
  if (integration === undefined) {
    return (
      <Card title={words.title}>
        <EmptyState title={words.noneTitle}>{words.noneText}</EmptyState>
      </Card>
    );
  }
  return (
    <div className="space-y-4">
      {status.can_test ? null : (
        <Callout tone="warn" title={words.cannotTitle}>
          {words.cannotText}
        </Callout>
      )}
      {mayOperate === false ? (
        <Callout tone="warn" title={words.scopeTitle}>
          {words.scopeText}
        </Callout>
      ) : null}
      <Bench key={integration.id} integrations={active} integration={integration} enabled={status.can_test && mayOperate !== false} />
    </div>
  );
}

interface BenchProperties {
  integrations: readonly Integration[];
  integration: Integration;
  enabled: boolean;
}

/** The draft, which is the address's at first and is written back to it. */
function useDraft(): [Draft, (change: Partial<Draft>) => void, () => void] {
  const [parameters, change] = useParameters();
  const [draft, setDraft] = useState(() => draftOf(parameters));
  const edit = (changed: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...changed }));
    // A text goes there once it is whole: browsers take only so many changes of an address.
    if (changed.session === undefined) change(parametersOf({ ...draft, ...changed }));
  };
  return [draft, edit, () => change(parametersOf(draft))];
}

/** Form and outcome side by side; a test that ends a session is asked about once more. */
function Bench({ integrations, integration, enabled }: BenchProperties) {
  const [draft, edit, settle] = useDraft();
  const [, change] = useParameters();
  const choice: Choice = { integration, ...draft };
  const test = useTest();
  const [confirming, setConfirming] = useState(false);
  const [shownProblems, setShownProblems] = useState(false);
  const problems = problemsOf(choice);
  const run = () =>
    test.mutate({
      id: choice.integration.id,
      ask: { event: choice.event, session_id: choice.session === "" ? null : choice.session, tamper: choice.tamper },
    });
  const submit = () => {
    setShownProblems(true);
    settle();
    if (problems.session !== undefined) return;
    if (choice.event === "completed" && choice.session !== "" && !choice.tamper) setConfirming(true);
    else run();
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,24rem)_minmax(0,1fr)]">
      <TestForm
        integrations={integrations}
        choice={choice}
        problems={shownProblems ? problems : {}}
        busy={test.isPending}
        isRepeated={test.isSuccess}
        enabled={enabled}
        onIntegration={(id) => change({ integration: id })}
        onDraft={edit}
        onSettled={settle}
        onSubmit={submit}
      />
      <Card title={words.resultTitle} className="min-h-64">
        {test.isError ? <ErrorState error={test.error} onRetry={run} /> : null}
        {test.isError ? null : (
          <TestSteps report={test.data} isPending={test.isPending} tampered={test.variables?.ask.tamper === true} />
        )}
      </Card>
      <ConfirmDialog
        open={confirming}
        onOpenChange={setConfirming}
        title={words.confirmTitle}
        description={words.confirmText(choice.session)}
        confirmLabel={words.confirm}
        danger
        onConfirm={run}
      />
    </div>
  );
}
