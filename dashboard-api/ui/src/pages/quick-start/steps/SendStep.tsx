import { CodeBlock, Segmented, TextLink } from "@/components";
import { curlSession, webPage } from "@/pages/integrations/setup/snippets";
import type { Setup } from "@/pages/integrations/setup/useSetup";
import { Words } from "@/pages/integrations/setup/Words";
import { viewPath } from "@/pages/integrations/view";
import { isOwnOrigin } from "@/pages/integrations/setup/gateway";
import { BrowserSender } from "@/pages/quick-start/steps/BrowserSender";
import type { Sent } from "@/pages/quick-start/sender";
import { SURVEY } from "@/pages/quick-start/simulate";
import { integrations } from "@/strings/integrations";
import { sendStep as words } from "@/strings/quick-start";

export type Way = "browser" | "curl" | "page";
const WAYS = (["browser", "curl", "page"] as const).map((value) => ({ value, label: words.ways[value] }));
export const wayOf = (text: string | null): Way | null => WAYS.find(({ value }) => value === text)?.value ?? null;

interface Properties {
  setup: Setup;
  /** What the address asks for; else what is possible. */
  way: Way | null;
  onWay: (way: Way) => void;
  onSent: (sent: Sent) => void;
}

/** Three ways to a first session. */
export function SendStep({ setup, way, onWay, onSent }: Properties) {
  const isHere = setup.gateway !== null && isOwnOrigin(setup.gateway);
  const shown = way ?? (isHere || setup.isLoading ? "browser" : "curl");
  const filling = { ...setup, survey: setup.survey ?? SURVEY };
  return (
    <>
      <p className="max-w-prose text-pretty text-muted">
        <Words>{words.text}</Words>
      </p>
      <Segmented label={words.way} options={WAYS} value={shown} onValue={onWay} />
      {shown === "browser" ? <BrowserSender setup={setup} onSent={onSent} /> : null}
      {shown === "curl" ? (
        <>
          <p className="max-w-prose text-pretty text-muted">{words.curlText}</p>
          <CodeBlock label={words.curlCode} language="sh" code={curlSession(setup)} />
        </>
      ) : null}
      {shown === "page" ? (
        <>
          <p className="max-w-prose text-pretty text-muted">
            {`${words.pageText} `}
            <TextLink to={viewPath("guides")}>{integrations.guides}</TextLink>
          </p>
          <CodeBlock label={words.pageCode} language="html" code={webPage(filling)} />
        </>
      ) : null}
    </>
  );
}
