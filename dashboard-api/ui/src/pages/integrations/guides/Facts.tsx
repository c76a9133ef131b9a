import { Card, Field, Input } from "@/components";
import type { PublishableKey } from "@/pages/integrations/queries";
import { GatewayField } from "@/pages/integrations/setup/GatewayField";
import { KeyField } from "@/pages/integrations/setup/KeyField";
import { remember, useTyped } from "@/pages/integrations/setup/memory";
import type { Setup } from "@/pages/integrations/setup/useSetup";
import { facts as words } from "@/strings/integrations";

/** What every snippet names, asked for once. */
export function Facts({ setup, known }: { setup: Setup; known: readonly PublishableKey[] | undefined }) {
  const { survey } = useTyped();
  return (
    <Card title={words.title} description={words.description}>
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        <GatewayField setup={setup} />
        <KeyField known={known} />
        <Field label={words.survey} hint={words.surveyHint} optional>
          {(control) => (
            <Input
              {...control}
              value={survey}
              onChange={(event) => remember({ survey: event.target.value })}
              maxLength={128}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
      </div>
    </Card>
  );
}
