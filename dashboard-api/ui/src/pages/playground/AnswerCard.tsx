import { Inbox } from "lucide-react";
import { useMemo, useState } from "react";
import { Badge, Callout, Card, CopyButton, DataTable, EmptyState, ErrorState, Segmented, Skeleton, TextLink, type Tone } from "@/components";
import { formatBytes, formatCount, formatDuration } from "@/lib/format";
import { Content } from "@/pages/playground/Content";
import { linesOf, tidied } from "@/pages/playground/lines";
import type { Sending } from "@/pages/playground/queries";
import { MOST_BYTES, type Reply } from "@/pages/playground/send";
import { playground as words, STATUS_WORDS } from "@/strings/playground";

interface Properties {
  sending: Sending;
  isStream: boolean;
  /** Sends the same with the cursor of the next page. */
  onNext: ((cursor: string) => void) | null;
}

/** What came back. */
export function AnswerCard({ sending, isStream, onNext }: Properties) {
  const { reply, isPending, error, isStopped } = sending;
  return (
    <Card title={words.answer.title} actions={reply === null ? null : <Figures reply={reply} />}>
      <div role="status" className="sr-only">
        {reply !== null && !isPending ? words.answer.told(statusText(reply.status), formatDuration(reply.milliseconds)) : null}
        {isPending ? words.send.sending : null}
      </div>
      {error !== null ? (
        <ErrorState error={error} compact />
      ) : reply !== null ? (
        <Body reply={reply} note={isPending && isStream ? words.answer.streaming : null} onNext={isPending ? null : onNext} />
      ) : isPending ? (
        <Skeleton className="h-32" />
      ) : (
        <EmptyState icon={Inbox} title={isStopped ? words.answer.stopped : words.answer.idleTitle}>
          {words.answer.idle}
        </EmptyState>
      )}
    </Card>
  );
}

export const statusText = (status: number): string => words.answer.status(status, STATUS_WORDS[status] ?? "");

export function toneOf(status: number): Tone {
  if (status < 300) return "good";
  if (status < 400) return "info";
  return status < 500 ? "warn" : "bad";
}

function Figures({ reply }: { reply: Reply }) {
  return (
    <>
      <Badge tone={toneOf(reply.status)}>{statusText(reply.status)}</Badge>
      <span title={words.answer.time} className="text-[13px] text-muted tabular-nums">
        {formatDuration(reply.milliseconds)}
      </span>
      <span title={words.answer.size} className="text-[13px] text-muted tabular-nums">
        {formatBytes(reply.bytes)}
      </span>
    </>
  );
}

interface BodyProperties {
  reply: Reply;
  note: string | null;
  onNext: ((cursor: string) => void) | null;
}

function Body({ reply, note, onNext }: BodyProperties) {
  const [view, setView] = useState<"tidy" | "raw">("tidy");
  const text = reply.text ?? "";
  const tidy = useMemo(() => (reply.type.includes("json") ? tidied(text) : null), [reply.type, text]);
  const shown = view === "tidy" && tidy !== null ? tidy : text;
  const lines = useMemo(() => linesOf(shown), [shown]);
  const next = useMemo(() => nextCursor(text), [text]);
  return (
    <div className="space-y-3">
      {note === null ? null : <p className="text-[13px] text-muted">{note}</p>}
      {reply.isStopped ? <p className="text-[13px] text-muted">{words.answer.stopped}</p> : null}
      <Problems text={text} status={reply.status} />
      {reply.text === null ? (
        <Callout tone="info">{words.answer.binary(reply.type, formatBytes(reply.bytes))}</Callout>
      ) : text === "" ? (
        <p className="text-[13px] text-muted">{words.answer.emptyBody}</p>
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            {tidy === null ? null : (
              <Segmented
                label={words.answer.view}
                options={[
                  { value: "tidy", label: words.answer.tidy },
                  { value: "raw", label: words.answer.raw },
                ]}
                value={view}
                onValue={setView}
              />
            )}
            <span className="text-xs text-muted tabular-nums">{words.answer.lines(formatCount(lines.length))}</span>
            <CopyButton text={shown} label={words.answer.content.toLowerCase()} />
            {next === null || onNext === null ? null : (
              <button
                type="button"
                onClick={() => onNext(next)}
                className="ml-auto min-h-6 cursor-pointer rounded-sm text-[13px] text-accent underline underline-offset-2"
              >
                {words.answer.followNext}
              </button>
            )}
          </div>
          <Content lines={lines} isWrapped={view === "raw"} />
        </>
      )}
      {reply.isCut ? <p className="text-xs text-muted">{words.answer.cut(formatBytes(Math.min(reply.bytes, MOST_BYTES)))}</p> : null}
      <Headers reply={reply} />
    </div>
  );
}

/** The cursor of the next page, where the answer is a page. */
function nextCursor(text: string): string | null {
  try {
    const { next_cursor: cursor } = JSON.parse(text) as { next_cursor?: unknown };
    return typeof cursor === "string" ? cursor : null;
  } catch {
    return null;
  }
}

/** Mistakes by pointer, as the API names them in every problem. */
export function problemsOf(text: string): { pointer: string; code: string; detail: string }[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    return Array.isArray(errors) ? (errors as { pointer: string; code: string; detail: string }[]) : [];
  } catch {
    return [];
  }
}

function Problems({ text, status }: { text: string; status: number }) {
  const problems = status >= 400 ? problemsOf(text) : [];
  if (problems.length === 0) return null;
  return (
    <Callout tone="warn" title={words.answer.problems}>
      <ul className="mt-1 list-disc space-y-0.5 pl-4">
        {problems.map(({ pointer, code, detail }, index) => (
          <li key={index}>
            <code className="font-mono text-xs font-semibold">{pointer === "" ? words.answer.atTop : pointer}</code> {detail}{" "}
            <code className="font-mono text-[11px] text-muted">{code}</code>
          </li>
        ))}
      </ul>
    </Callout>
  );
}

function Headers({ reply: { headers } }: { reply: Reply }) {
  return (
    <details className="rounded-control border border-line">
      <summary className="min-h-8 cursor-pointer px-3 py-1.5 text-[13px] font-medium">{words.answer.headers(formatCount(headers.length))}</summary>
      <DataTable
        caption={words.answer.headersCaption}
        rows={headers}
        rowKey={([name]) => name}
        columns={[
          { key: "name", header: words.answer.headerName, cell: ([name]) => <code className="font-mono text-xs">{name}</code> },
          {
            key: "value",
            header: words.answer.headerValue,
            className: "wrap-anywhere",
            cell: ([name, value]) =>
              name === "location" && value.startsWith("/") ? <TextLink href={value}>{value}</TextLink> : <code className="font-mono text-xs">{value}</code>,
          },
        ]}
      />
    </details>
  );
}
