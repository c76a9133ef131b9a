import { FileQuestion, FlaskConical, List } from "lucide-react";
import { useCallback, useState } from "react";
import { useSearchParams } from "react-router";
import { Button, ButtonLink, Card, Drawer, EmptyState, PageHeader, QueryView, Skeleton, TextLink } from "@/components";
import { searchFor, valuesFrom } from "@/pages/playground/address";
import { type ApiDocument, findOperation, type Operation } from "@/pages/playground/document";
import { OperationList } from "@/pages/playground/OperationList";
import { OperationView } from "@/pages/playground/OperationView";
import { useDocument } from "@/pages/playground/queries";
import type { Sent } from "@/pages/playground/recent";
import { RecentCard } from "@/pages/playground/RecentCard";
import type { Filled } from "@/pages/playground/request";
import { playground as words } from "@/strings/playground";

/** Tries every operation of the API, as the server's own document describes them. `?op=` names the one that is shown. */
export default function PlaygroundPage() {
  return (
    <>
      <PageHeader
        title={words.title}
        description={words.description}
        actions={
          <>
            <TextLink href="/openapi.json" className="text-[13px]">{words.document}</TextLink>
            <TextLink href="/docs" className="text-[13px]">{words.docs}</TextLink>
          </>
        }
      />
      <QueryView
        query={useDocument()}
        skeleton={<PlaygroundSkeleton />}
        empty={(document) =>
          document === null && (
            <EmptyState icon={FileQuestion} title={words.unreadable}>
              {words.unreadableHint}
            </EmptyState>
          )
        }
      >
        {(document) => (document === null ? null : <Playground document={document} />)}
      </QueryView>
    </>
  );
}

function Playground({ document }: { document: ApiDocument }) {
  const [parameters, setParameters] = useSearchParams();
  const [filled, setFilled] = useState<ReadonlyMap<string, Filled>>(new Map());
  const [trusted, setTrusted] = useState<ReadonlySet<string>>(new Set());
  const [picks, setPicks] = useState(false);
  const closePicker = useCallback(() => setPicks(false), []);

  const name = parameters.get("op");
  const operation = name === null ? undefined : findOperation(document, name);
  const fill = (id: string, next: Filled) => setFilled((before) => new Map(before).set(id, next));
  const again = (sent: Sent) => {
    fill(sent.operation, sent.filled);
    const known = findOperation(document, sent.operation);
    if (known !== undefined) setParameters(searchFor(known, sent.filled.values));
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[19rem_minmax(0,1fr)]">
      <Card aria-label={words.list.label} className="sticky top-4 h-[calc(100dvh-2rem)] max-lg:hidden" flush>
        <OperationList document={document} current={name} className="h-[calc(100dvh-2.25rem)]" />
      </Card>
      <div className="lg:hidden">
        <Button icon={List} onClick={() => setPicks(true)}>
          {words.list.open}
        </Button>
        <Drawer open={picks} onOpenChange={setPicks} title={words.list.label}>
          <OperationList document={document} current={name} onPicked={closePicker} />
        </Drawer>
      </div>
      <div className="min-w-0 space-y-4">
        {operation === undefined ? (
          <NothingChosen name={name} document={document} />
        ) : (
          <OperationView
            key={operation.id}
            operation={operation}
            schemas={document.schemas}
            filled={filled.get(operation.id) ?? { values: valuesFrom(parameters, operation), body: "" }}
            onFilled={(next) => fill(operation.id, next)}
            onSent={({ values }) => setParameters(searchFor(operation, values), { replace: true })}
            isTrusted={trusted.has(operation.id)}
            onTrust={() => setTrusted((before) => new Set(before).add(operation.id))}
          />
        )}
        <RecentCard onAgain={again} />
      </div>
    </div>
  );
}

/** Harmless and telling: a good one to begin with. */
const FIRST = "overview";

function NothingChosen({ name, document }: { name: string | null; document: ApiDocument }) {
  const first: Operation | undefined = findOperation(document, FIRST);
  return (
    <Card>
      <EmptyState
        icon={FlaskConical}
        title={name === null ? words.empty.title : words.unknown(name)}
        action={first === undefined ? null : <ButtonLink to={`?op=${FIRST}`}>{words.empty.first}</ButtonLink>}
      >
        {name === null ? words.empty.text : words.unknownHint}
      </EmptyState>
    </Card>
  );
}

const PlaygroundSkeleton = () => (
  <div className="grid gap-4 lg:grid-cols-[19rem_minmax(0,1fr)]">
    <Skeleton className="h-[32rem] max-lg:h-9" />
    <div className="space-y-4">
      <Skeleton className="h-24" />
      <Skeleton className="h-96" />
    </div>
  </div>
);
