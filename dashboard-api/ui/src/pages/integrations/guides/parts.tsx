/** Parts that several guides have. */
import { Send, SquareStack } from "lucide-react";
import { ButtonLink, Callout, CodeBlock, Field, NativeSelect } from "@/components";
import { Aside } from "@/pages/integrations/guides/Step";
import type { Integration } from "@/pages/integrations/queries";
import { createIntegration, type Filling, type Platform, webhookAddress } from "@/pages/integrations/setup/snippets";
import { Words } from "@/pages/integrations/setup/Words";
import { viewPath } from "@/pages/integrations/view";
import { guides as words } from "@/strings/integrationGuides";

/** What a guide is given. */
export interface GuideProperties {
  filling: Filling;
  /** Active integrations of its platform. */
  integrations: readonly Integration[];
  /** The one that snippets name; `null` when a new one is made. */
  chosen: Integration | null;
  onChoose: (id: string | null) => void;
}

/** The id that snippets name. */
export const idOf = (chosen: Integration | null): string => chosen?.id ?? "int_YOUR_INTEGRATION";

/** Which integration is meant; for a new one, how it is made. */
export function MakeIntegration({ platform, code, ...guide }: GuideProperties & { platform: Platform; code: string }) {
  const { filling, integrations, chosen, onChoose } = guide;
  const options = [
    ...integrations.map(({ id, name }) => ({ value: id, label: name == null ? id : `${name} (${id})` })),
    { value: "new", label: words.newIntegration },
  ];
  return (
    <>
      {integrations.length === 0 ? null : (
        <div className="max-w-md">
          <Field label={words.chooseIntegration}>
            {(control) => (
              <NativeSelect {...control} options={options} value={chosen?.id ?? "new"} onValue={(id) => onChoose(id === "new" ? null : id)} />
            )}
          </Field>
        </div>
      )}
      {chosen === null ? (
        <CodeBlock label={code} language="sh" code={createIntegration(filling, platform)} />
      ) : (
        <CodeBlock label={words.address} code={webhookAddress(filling.gateway, platform, chosen.id)} />
      )}
    </>
  );
}

/** The code for pages, with what has to be known of it. */
export function PageCode({ label, language, code }: { label: string; language: string; code: string }) {
  return (
    <>
      <CodeBlock label={label} language={language} code={code} />
      <Aside>{words.collector}</Aside>
      <Aside>{words.policy}</Aside>
    </>
  );
}

/** The last step: the console and the log, about the integration of the guide. */
export function CheckLinks({ chosen }: { chosen: Integration | null }) {
  const about: Record<string, string> = chosen === null ? {} : { integration: chosen.id };
  return (
    <div className="flex flex-wrap gap-2">
      <ButtonLink to={viewPath("console", about)} icon={Send} variant="primary">
        {words.testIt}
      </ButtonLink>
      <ButtonLink to={viewPath("log", about)} icon={SquareStack}>
        {words.readLog}
      </ButtonLink>
    </div>
  );
}

export function NotVerified({ children }: { children: string }) {
  return (
    <Callout tone="warn" title={words.notVerified}>
      <Words>{children}</Words>
    </Callout>
  );
}
