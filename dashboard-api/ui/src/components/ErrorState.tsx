import { CircleAlert, RotateCw } from "lucide-react";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { explainError, type ErrorWords } from "./explainError";

export interface ErrorStateProps {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** One line, for small cards and dialogs. */
  compact?: boolean | undefined;
}

export function ErrorState({ error, onRetry, compact = false }: ErrorStateProps) {
  const words = explainError(error);
  return (
    <div role="alert" className={cx("flex gap-3 text-[13px]", compact ? "items-start rounded-control bg-bad-soft px-3 py-2" : "flex-col items-center px-4 py-8 text-center")}>
      <CircleAlert aria-hidden className={cx("shrink-0 text-bad", compact ? "mt-0.5 size-4" : "size-6")} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="font-medium text-ink">{words.title}</p>
        {words.detail === undefined ? null : <p className={cx("text-pretty", compact ? "text-ink" : "text-muted")}>{words.detail}</p>}
        <Fields words={words} />
        <RequestId words={words} centred={!compact} />
      </div>
      {onRetry ? <Button size="sm" icon={RotateCw} onClick={onRetry}>{text.error.retry}</Button> : null}
    </div>
  );
}

function Fields({ words }: { words: ErrorWords }) {
  if (words.fields.length === 0) return null;
  return (
    <ul aria-label={text.error.fields} className="list-disc pl-5 text-left">
      {words.fields.map((field, index) => (
        <li key={index}>
          {field.pointer === "" ? null : <code className="mr-1 font-mono text-xs">{field.pointer}</code>}
          {field.detail}
        </li>
      ))}
    </ul>
  );
}

function RequestId({ words, centred }: { words: ErrorWords; centred: boolean }) {
  if (words.requestId === undefined) return null;
  return (
    <p className={cx("flex min-w-0 items-center gap-1 text-xs text-muted", centred && "justify-center")}>
      <span>{text.error.requestId}</span>
      <code className="min-w-0 truncate font-mono">{words.requestId}</code>
      <CopyButton text={words.requestId} label={text.error.requestIdLabel} />
    </p>
  );
}
