import { useRef } from "react";
import { Card, CodeBlock, CopyButton } from "@/components";
import { AnswerCard, problemsOf } from "@/pages/playground/AnswerCard";
import { answerKind, type Operation } from "@/pages/playground/document";
import { DocumentationCard } from "@/pages/playground/DocumentationCard";
import { MethodBadge } from "@/pages/playground/MethodBadge";
import { Prose } from "@/pages/playground/Prose";
import { useSend } from "@/pages/playground/queries";
import { curlOf, type Filled, keyOf } from "@/pages/playground/request";
import { RequestCard } from "@/pages/playground/RequestCard";
import type { Schemas } from "@/pages/playground/schema";
import { playground as words } from "@/strings/playground";

interface Properties {
  operation: Operation;
  schemas: Schemas;
  filled: Filled;
  onFilled: (filled: Filled) => void;
  /** Called with what is sent, so that the address can say it. */
  onSent: (filled: Filled) => void;
  isTrusted: boolean;
  onTrust: () => void;
}

/** One operation: what it is, its request, its answer, and what the document promises. */
export function OperationView({ operation, schemas, filled, onFilled, onSent, isTrusted, onTrust }: Properties) {
  const sending = useSend(operation);
  const { reply } = sending;
  const answer = useRef<HTMLDivElement>(null);
  const send = (what: Filled) => {
    onSent(what);
    sending.send(what);
    bringIntoSight(answer.current);
  };
  const cursor = operation.parameters.find(({ in: place, name }) => place === "query" && name.endsWith("cursor"));
  const goOn = (next: string) => {
    if (cursor === undefined) return;
    const further = { ...filled, values: { ...filled.values, [keyOf(cursor)]: next } };
    onFilled(further);
    send(further);
  };
  const problems = reply !== null && reply.status >= 400 ? problemsOf(reply.text ?? "") : [];
  return (
    <div className="min-w-0 space-y-4">
      <Head operation={operation} />
      <div className="grid items-start gap-4 2xl:grid-cols-2">
        <RequestCard
          operation={operation}
          schemas={schemas}
          filled={filled}
          onFilled={onFilled}
          sending={sending}
          onSend={() => send(filled)}
          errors={new Map(problems.map(({ pointer, detail }) => [pointer, detail]))}
          isTrusted={isTrusted}
          onTrust={onTrust}
        />
        <div className="min-w-0 space-y-4">
          <div ref={answer} className="scroll-mt-16">
            <AnswerCard sending={sending} isStream={answerKind(operation) === "events"} onNext={cursor === undefined ? null : goOn} />
          </div>
          <Card title={words.send.curl} description={words.send.curlHint}>
            <CodeBlock label={words.send.command} language="sh" code={curlOf(operation, filled, location.origin)} />
          </Card>
          <DocumentationCard operation={operation} schemas={schemas} />
        </div>
      </div>
    </div>
  );
}

/** Under a long form the answer would come out of sight. */
function bringIntoSight(element: HTMLElement | null): void {
  if (element !== null && element.getBoundingClientRect().top > innerHeight * 0.7) element.scrollIntoView({ block: "center" });
}

function Head({ operation }: { operation: Operation }) {
  const { method, path, summary, description } = operation;
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          <MethodBadge method={method} />
          <span className="min-w-0 font-mono text-[13px] wrap-anywhere">{path}</span>
        </span>
      }
      actions={<CopyButton text={operation.id} label={words.list.name(operation.id)} />}
    >
      <p className="max-w-prose text-[13px] text-pretty">
        <Prose text={summary} />
      </p>
      {description === undefined ? null : (
        <p className="mt-1 max-w-prose text-[13px] text-pretty text-muted">
          <Prose text={description} />
        </p>
      )}
    </Card>
  );
}
