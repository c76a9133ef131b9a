import { CodeBlock, TextLink } from "@/components";
import type { PublishableKey } from "@/pages/integrations/queries";
import { KeyField } from "@/pages/integrations/setup/KeyField";
import { createTestKey, type Filling } from "@/pages/integrations/setup/snippets";
import { Words } from "@/pages/integrations/setup/Words";
import { keyStep as words } from "@/strings/quick-start";

/** A key is made by an operator; here it is awaited, and asked for. */
export function KeyStep({ filling, known }: { filling: Filling; known: readonly PublishableKey[] | undefined }) {
  const count = known?.length ?? 0;
  return (
    <>
      {count > 0 ? (
        <p className="text-muted">
          {`${words.known(count)} `}
          <TextLink to="/integrations">{words.list}</TextLink>
        </p>
      ) : (
        <>
          <p className="max-w-prose text-pretty text-muted">
            <Words>{words.text}</Words>
          </p>
          <CodeBlock label={words.code} language="sh" code={createTestKey(filling)} />
          <p role="status" className="text-muted">
            {words.waiting}
          </p>
        </>
      )}
      <div className="max-w-lg">
        <KeyField known={known} />
      </div>
    </>
  );
}
