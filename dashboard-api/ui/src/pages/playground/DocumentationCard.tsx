import { Badge, Card } from "@/components";
import { toneOf } from "@/pages/playground/AnswerCard";
import type { Answer, Operation } from "@/pages/playground/document";
import { Prose } from "@/pages/playground/Prose";
import type { Schemas } from "@/pages/playground/schema";
import { SchemaOutline } from "@/pages/playground/SchemaOutline";
import { playground as words, STATUS_WORDS } from "@/strings/playground";

/** Which answers the document promises, and what stands in them. */
export function DocumentationCard({ operation, schemas }: { operation: Operation; schemas: Schemas }) {
  return (
    <Card title={words.documentation.title} flush>
      <ul aria-label={words.documentation.caption} className="divide-y divide-line">
        {operation.answers.map((answer) => (
          <li key={answer.status} className="px-4 py-2.5">
            <AnswerEntry answer={answer} schemas={schemas} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function AnswerEntry({ answer, schemas }: { answer: Answer; schemas: Schemas }) {
  const status = Number(answer.status);
  const isProblem = answer.types.includes("application/problem+json");
  const text = answer.description ?? (isProblem ? words.documentation.problem : undefined);
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-[13px]">
        <Badge tone={Number.isNaN(status) ? "neutral" : toneOf(status)}>{answer.status}</Badge>
        <span className="text-muted">{text === undefined ? STATUS_WORDS[status] : <Prose text={text} />}</span>
        <code className="ml-auto font-mono text-[11px] text-muted">{answer.types.join(", ") || words.documentation.nothing}</code>
      </div>
      {answer.schema === undefined || isProblem ? null : (
        <details className="mt-2">
          <summary className="min-h-6 cursor-pointer text-[13px] font-medium">{words.documentation.whole}</summary>
          <SchemaOutline schema={answer.schema} schemas={schemas} />
        </details>
      )}
    </>
  );
}
