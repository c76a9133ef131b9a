import type { UseQueryResult } from "@tanstack/react-query";
import { Badge, Card, CodeBlock, DataTable, type DataColumn, QueryView, Skeleton } from "@/components";
import type { PublishableKey, Status } from "@/pages/integrations/queries";
import { createPageKey } from "@/pages/integrations/setup/snippets";
import { useSetup } from "@/pages/integrations/setup/useSetup";
import { keys as words } from "@/strings/integrations";

const COLUMNS: DataColumn<PublishableKey>[] = [
  { key: "name", header: words.name, cell: ({ name }) => name ?? <span className="text-muted">{words.unnamed}</span> },
  { key: "hint", header: words.ends, cell: ({ hint }) => <code className="font-mono text-xs">{`…${hint}`}</code> },
  {
    key: "use",
    header: words.use,
    cell: ({ is_test }) => (is_test ? <Badge title={words.testHint}>{words.test}</Badge> : <Badge tone="good">{words.live}</Badge>),
  },
  { key: "id", header: words.id, cell: ({ id }) => <code className="font-mono text-xs text-muted">{id}</code>, hideBelow: "sm" },
];

/** The keys that pages begin sessions with, by their last characters. */
export function KeysCard({ query }: { query: UseQueryResult<Status> }) {
  return (
    <Card title={words.title} description={words.description} flush className="mt-6">
      <QueryView
        query={query}
        compactError
        skeleton={<Skeleton className="m-4 h-16" />}
        empty={({ publishable_keys }) => (publishable_keys.length === 0 ? <NoKey /> : false)}
      >
        {({ publishable_keys }) => <DataTable caption={words.caption} columns={COLUMNS} rows={publishable_keys} rowKey={({ id }) => id} />}
      </QueryView>
    </Card>
  );
}

function NoKey() {
  const setup = useSetup();
  return (
    <div className="space-y-3 p-4 text-[13px]">
      <p className="font-medium">{words.emptyTitle}</p>
      <p className="text-muted">{words.emptyText}</p>
      <CodeBlock label={words.command} language="sh" code={createPageKey(setup, words.origin, words.keyName)} />
    </div>
  );
}
