import { Link2, Play, Square } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Badge, Button, Callout, Card, Kbd, TextLink } from "@/components";
import { useHotkey } from "@/lib/useHotkey";
import { searchFor } from "@/pages/playground/address";
import { BodyEditor } from "@/pages/playground/BodyEditor";
import { ConfirmSend } from "@/pages/playground/ConfirmSend";
import { answerKind, isWrite, type Operation } from "@/pages/playground/document";
import { ParameterForm } from "@/pages/playground/ParameterForm";
import type { Sending } from "@/pages/playground/queries";
import { addressOf, type Filled, keyOf, missing } from "@/pages/playground/request";
import type { Schemas } from "@/pages/playground/schema";
import { playground as words } from "@/strings/playground";

interface Properties {
  operation: Operation;
  schemas: Schemas;
  filled: Filled;
  onFilled: (filled: Filled) => void;
  sending: Sending;
  onSend: () => void;
  errors: ReadonlyMap<string, string>;
  /** Whether writes of this operation were allowed for as long as the page is open. */
  isTrusted: boolean;
  onTrust: () => void;
}

/** The request as a form, and sending it. */
export function RequestCard({ operation, schemas, filled, onFilled, sending, onSend, errors, isTrusted, onTrust }: Properties) {
  const [tried, setTried] = useState(false);
  const [asks, setAsks] = useState(false);
  const kind = answerKind(operation);
  const lacks = missing(operation, filled);
  const canSend = kind !== "socket" && kind !== "page";

  const press = () => {
    setTried(true);
    if (lacks.length > 0 || !canSend || asks) return;
    if (isWrite(operation) && !isTrusted) setAsks(true);
    else onSend();
  };
  useHotkey("Enter", press, { mod: true });

  const isEmpty = operation.parameters.length === 0 && operation.body === undefined;
  return (
    <Card
      title={words.request.title}
      actions={<Badge tone={isWrite(operation) ? "warn" : "neutral"}>{isWrite(operation) ? words.send.writes : words.send.reads}</Badge>}
    >
      <div className="space-y-5">
        {isEmpty ? <p className="text-[13px] text-muted">{words.request.noParameters}</p> : null}
        <ParameterForm
          operation={operation}
          schemas={schemas}
          filled={filled}
          errors={errors}
          missing={new Set(tried ? lacks.map(keyOf) : [])}
          onValue={(key, value) => onFilled({ ...filled, values: { ...filled.values, [key]: value } })}
        />
        {operation.body === undefined ? null : (
          <BodyEditor body={operation.body} schemas={schemas} text={filled.body} errors={errors} onText={(body) => onFilled({ ...filled, body })} />
        )}
        <KindNote operation={operation} filled={filled} />
        {canSend ? (
          <div className="flex flex-wrap items-center gap-2">
            {sending.isPending ? (
              <Button icon={Square} onClick={sending.stop}>
                {words.send.stop}
              </Button>
            ) : (
              <Button variant="primary" icon={Play} onClick={press}>
                {words.send.send}
              </Button>
            )}
            <span className="max-sm:hidden">
              <Kbd>{words.send.shortcut}</Kbd>
            </span>
            <Button variant="ghost" size="sm" icon={Link2} className="ml-auto" onClick={() => void copyLink(operation, filled)}>
              {words.send.copyLink}
            </Button>
          </div>
        ) : null}
      </div>
      <ConfirmSend
        operation={operation}
        filled={filled}
        open={asks}
        onOpenChange={setAsks}
        onSend={(always) => {
          if (always) onTrust();
          onSend();
        }}
      />
    </Card>
  );
}

async function copyLink(operation: Operation, filled: Filled): Promise<void> {
  try {
    await navigator.clipboard.writeText(`${location.origin}/playground?${searchFor(operation, filled.values).toString()}`);
    toast.success(words.send.linkCopied);
  } catch {
    toast.error(words.send.linkNotCopied);
  }
}

/** What cannot be shown here as it is. */
function KindNote({ operation, filled }: { operation: Operation; filled: Filled }) {
  const kind = answerKind(operation);
  if (kind === "socket") {
    return (
      <Callout tone="info" title={words.send.notInBrowser}>
        {words.send.notInBrowserHint} <TextLink to="?op=stream">{words.send.twin}</TextLink>
      </Callout>
    );
  }
  if (kind === "page") return <Callout tone="info">{words.send.link}</Callout>;
  if (kind !== "file") return null;
  return (
    <Callout tone="info">
      {words.send.file}{" "}
      {missing(operation, filled).length === 0 ? <TextLink href={addressOf(operation, filled)}>{words.send.download}</TextLink> : null}
    </Callout>
  );
}
