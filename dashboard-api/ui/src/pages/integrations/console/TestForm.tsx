import { Send } from "lucide-react";
import type { SubmitEvent } from "react";
import { Button, Card, Field, Input, NativeSelect, Segmented, Switch } from "@/components";
import type { Integration } from "@/pages/integrations/queries";
import { nameOf } from "@/pages/integrations/status/name";
import { console_ as words } from "@/strings/integrations";

/** What is edited here. It goes into the address, too, but does not wait for it: a letter that is typed must stand at once. */
export interface Draft {
  event: "partial" | "completed";
  session: string;
  tamper: boolean;
}

export interface Choice extends Draft {
  integration: Integration;
}

export interface Problems {
  session?: string;
}

interface Properties {
  integrations: readonly Integration[];
  choice: Choice;
  problems: Problems;
  busy: boolean;
  isRepeated: boolean;
  enabled: boolean;
  onIntegration: (id: string) => void;
  onDraft: (change: Partial<Draft>) => void;
  /** The text of a field is whole. */
  onSettled: () => void;
  onSubmit: () => void;
}

const EVENTS = [
  { value: "partial", label: words.partial },
  { value: "completed", label: words.completed },
] as const;

function eventHint({ event, integration }: Choice): string {
  if (event === "partial") return words.partialHint;
  return integration.platform === "decipher" ? words.completedDecipherHint : words.completedHint;
}

/** Chooses what is played. */
export function TestForm({ integrations, choice, problems, busy, isRepeated, enabled, ...on }: Properties) {
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (enabled && !busy) on.onSubmit();
  };
  return (
    <Card title={words.title} description={words.description}>
      <form onSubmit={submit} className="mt-2 space-y-4" noValidate>
        <Field label={words.integration}>
          {(control) => (
            <NativeSelect
              {...control}
              options={integrations.map((each) => ({ value: each.id, label: `${nameOf(each)} · ${each.id}` }))}
              value={choice.integration.id}
              onValue={on.onIntegration}
            />
          )}
        </Field>
        <div className="space-y-1.5">
          <p className="text-[13px] font-medium" aria-hidden>
            {words.event}
          </p>
          <Segmented
            label={words.event}
            options={EVENTS}
            value={choice.event}
            onValue={(event) => on.onDraft({ event })}
          />
          <p className="text-xs text-pretty text-muted">{eventHint(choice)}</p>
        </div>
        <Field label={words.session} hint={words.sessionHint} error={problems.session} optional>
          {(control) => (
            <Input
              {...control}
              value={choice.session}
              onChange={(event) => on.onDraft({ session: event.target.value.trim() })}
              onBlur={on.onSettled}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
        <Switch
          label={words.tamper}
          description={words.tamperHint}
          checked={choice.tamper}
          onChecked={(tamper) => on.onDraft({ tamper })}
        />
        <Button type="submit" variant="primary" icon={Send} busy={busy} disabled={!enabled}>
          {isRepeated ? words.again : words.send}
        </Button>
      </form>
    </Card>
  );
}
