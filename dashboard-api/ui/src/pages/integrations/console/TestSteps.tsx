import { CircleCheck, CircleDashed, CircleX, LoaderCircle, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Badge, CodeBlock, KeyValues, TextLink, type Tone } from "@/components";
import { cx } from "@/lib/cx";
import { formatDuration } from "@/lib/format";
import { answerSaid, prettyBody, prettyRequest, type Said, storedSaid } from "@/pages/integrations/console/steps";
import type { TestReport } from "@/pages/integrations/queries";
import { viewPath } from "@/pages/integrations/view";
import { console_ as words } from "@/strings/integrations";

interface Properties {
  report: TestReport | undefined;
  isPending: boolean;
  tampered: boolean;
}

/** The way of a test: sent, answered, stored. */
export function TestSteps({ report, isPending, tampered }: Properties) {
  if (isPending) return <Pending />;
  if (report === undefined) return <p className="text-[13px] text-muted">{words.idle}</p>;
  const answered = answerSaid(report, tampered);
  const stored = storedSaid(report);
  return (
    <ol className="space-y-6">
      <Step title={words.steps.sent} tone="good">
        <Request report={report} />
      </Step>
      <Step title={words.steps.answered} tone={answered.tone} said={answered}>
        <Answer report={report} />
      </Step>
      <Step title={words.steps.stored} tone={stored.tone} said={stored}>
        <StoredLinks report={report} />
      </Step>
    </ol>
  );
}

function Pending() {
  return (
    <ol className="space-y-6" aria-busy="true">
      <Step title={words.steps.sent} tone="info" icon={LoaderCircle}>
        <p role="status" className="text-[13px] text-muted">
          {words.sending}
        </p>
      </Step>
      <Step title={words.steps.answered} tone="neutral" />
      <Step title={words.steps.stored} tone="neutral" />
    </ol>
  );
}

const ICONS: Partial<Record<Tone, LucideIcon>> = { good: CircleCheck, warn: TriangleAlert, bad: CircleX };
const COLOURS: Partial<Record<Tone, string>> = { good: "text-good", warn: "text-warn", bad: "text-bad", info: "text-info" };

interface StepProperties {
  title: string;
  tone: Tone;
  icon?: LucideIcon;
  said?: Said;
  children?: ReactNode;
}

function Step({ title, tone, icon, said, children }: StepProperties) {
  const Icon = icon ?? ICONS[tone] ?? CircleDashed;
  const turns = Icon === LoaderCircle && "animate-spin motion-reduce:animate-none";
  return (
    <li className="grid grid-cols-[1.5rem_minmax(0,1fr)] gap-x-2">
      <Icon aria-hidden className={cx("mt-0.5 size-4.5", COLOURS[tone] ?? "text-faint", turns)} />
      <div className="min-w-0 space-y-2">
        <h3 className="text-[13px] leading-6 font-semibold">{title}</h3>
        {said === undefined ? null : (
          <p role="status" className="text-[13px] text-pretty">
            {said.text}
          </p>
        )}
        {children}
      </div>
    </li>
  );
}

function Request({ report: { request } }: { report: TestReport }) {
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-2 text-[13px]">
        <Badge>{request.method}</Badge>
        <code className="min-w-0 font-mono text-xs wrap-anywhere">{request.path}</code>
      </p>
      {request.headers.length === 0 ? null : (
        <KeyValues
          items={request.headers.map(({ name, value }) => ({
            label: <code className="font-mono text-xs">{name}</code>,
            value: <code className="font-mono text-xs">{value}</code>,
          }))}
        />
      )}
      {request.body === "" ? null : <CodeBlock label={words.body} code={prettyRequest(request.body, request.headers)} />}
      <p className="text-xs text-muted">{words.signatureHint}</p>
    </>
  );
}

function Answer({ report: { answer } }: { report: TestReport }) {
  if (answer == null) return null;
  return (
    <>
      <p className="text-[13px] text-muted tabular-nums">{words.answeredIn(String(answer.status), formatDuration(answer.duration_ms))}</p>
      {answer.body === "" ? null : <CodeBlock label={words.answer} language="json" code={prettyBody(answer.body)} />}
      {answer.is_cut ? <p className="text-xs text-muted">{words.cut}</p> : null}
    </>
  );
}

function StoredLinks({ report }: { report: TestReport }) {
  if (report.log === "not_yet") return <TextLink to="/pipeline" className="text-[13px]">{words.seePipeline}</TextLink>;
  if (report.log !== "stored") return null;
  return (
    <TextLink to={viewPath("log", { integration: report.integration })} className="text-[13px]">
      {words.openDelivery}
    </TextLink>
  );
}
