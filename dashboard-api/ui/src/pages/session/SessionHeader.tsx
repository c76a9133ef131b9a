import { ChevronLeft, ChevronRight, Zap } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { sessionPath, surveyPath } from "@/app/pages";
import type { Schemas } from "@/api/client";
import { Button, CopyButton, Dot, Duration, IconButton, PageHeader, RiskBadge, StatusBadge, TextLink, Time } from "@/components";
import { ApiProblem } from "@/api/problem";
import { formatCount, formatPercent, shortId } from "@/lib/format";
import { useHotkey } from "@/lib/useHotkey";
import { useLive } from "@/live";
import { type Analysis, isOnItsWay, useAnalyze } from "@/pages/session/queries";
import { type FromList, isFromList, neighboursOf } from "@/pages/sessions/neighbours";
import { session as text } from "@/strings/session";
import { platformWord } from "@/strings/words";

interface Properties {
  id: string;
  session: Schemas["SessionState"];
  isRunning: boolean;
  /** From the first event to the last, by the client's clock. */
  duration: number;
}

/** Which session this is, and the way to its neighbours. */
export function SessionHeader({ id, session, isRunning, duration }: Properties) {
  const { state } = useLocation() as { state: unknown };
  const from = isFromList(state) ? state : null;
  const analysis = useAnalysis(id, session.verdict?.confidence_score ?? null);
  return (
    <>
      <PageHeader
        title={<Title id={id} session={session} isRunning={isRunning} />}
        documentTitle={text.title(shortId(id))}
        back={{ to: from === null || from.list === "" ? "/sessions" : `/sessions?${from.list}`, label: text.back }}
        actions={
          <>
            {from === null ? null : <Neighbourhood id={id} from={from} />}
            <Button icon={Zap} busy={analysis.isBusy} onClick={analysis.run}>
              {analysis.isBusy ? text.analyse.running : text.analyse.action}
            </Button>
          </>
        }
      />
      <p role="status" className="-mt-2 mb-3 text-[13px] text-muted empty:hidden">
        {analysis.outcome}
      </p>
      <Facts session={session} isRunning={isRunning} duration={duration} />
    </>
  );
}

function Title({ id, session, isRunning }: { id: string; session: Properties["session"]; isRunning: boolean }) {
  const { state } = useLive();
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <span className="inline-flex min-w-0 items-center gap-1">
        <span className="font-mono text-base tracking-normal wrap-anywhere">{id}</span>
        <CopyButton text={id} label={text.id} />
      </span>
      <span className="inline-flex flex-wrap items-center gap-2 tracking-normal">
        <RiskBadge level={session.effective_risk ?? null} />
        <StatusBadge status={session.status} />
        {isRunning && state === "live" ? <Dot tone="info" label={text.live} pulse /> : null}
      </span>
    </span>
  );
}

/** Steps through the list that the session was opened from. */
function Neighbourhood({ id, from }: { id: string; from: FromList }) {
  const navigate = useNavigate();
  const { previous, next } = neighboursOf(useQueryClient(), from.list, id);
  const go = (other: string | null) => {
    if (other !== null) void navigate(sessionPath(other), { replace: true, state: from });
  };
  useHotkey("k", () => go(previous));
  useHotkey("j", () => go(next));
  // A list that is not loaded any more has no neighbours to tell.
  if (previous === null && next === null) return null;
  return (
    <div role="group" aria-label={text.neighbours.label} className="flex items-center gap-0.5">
      <IconButton label={text.neighbours.previous} icon={ChevronLeft} disabled={previous === null} onClick={() => go(previous)} />
      <IconButton label={text.neighbours.next} icon={ChevronRight} disabled={next === null} onClick={() => go(next)} />
    </div>
  );
}

function Facts({ session, isRunning, duration }: Omit<Properties, "id">) {
  const { survey_id, respondent_id, platform } = session;
  const nothing = <span className="text-muted">{text.facts.none}</span>;
  const facts: [string, ReactNode, string?][] = [
    [text.facts.survey, survey_id == null ? nothing : <TextLink to={surveyPath(survey_id)}>{survey_id}</TextLink>],
    [
      text.facts.respondent,
      respondent_id == null ? nothing : <TextLink to={`/sessions?${new URLSearchParams({ respondent: respondent_id }).toString()}`}>{respondent_id}</TextLink>,
    ],
    [text.facts.platform, platform == null ? nothing : platformWord(platform)],
    [text.facts.began, <Time key="began" at={session.created_at} mode="absolute" />],
    [
      text.facts.lasted,
      <span key="lasted">
        <Duration ms={duration > 0 ? duration : null} />
        {isRunning && duration > 0 ? ` ${text.facts.running}` : null}
      </span>,
    ],
    [text.facts.last, <Time key="last" at={session.updated_at ?? null} />],
    [text.facts.events, formatCount(session.event_count)],
  ];
  if (session.window_count > 1) facts.push([text.facts.windows, formatCount(session.window_count), text.facts.windowsHint]);
  return (
    <dl className="mb-5 flex flex-wrap gap-x-8 gap-y-2.5 text-[13px]">
      {facts.map(([label, value, hint]) => (
        <div key={label} title={hint} className="min-w-0">
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="max-w-72 truncate text-ink tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Asks for a verdict now, and says what came of it. */
function useAnalysis(id: string, before: number | null) {
  const analyze = useAnalyze(id);
  const [was, setWas] = useState<number | null>(null);
  const run = () => {
    setWas(before);
    analyze.mutate();
  };
  const outcome = analyze.isError
    ? `${text.analyse.failed}: ${analyze.error instanceof ApiProblem ? analyze.error.title : analyze.error.message}`
    : analyze.data === undefined
      ? null
      : outcomeText(analyze.data, was);
  return { run, isBusy: analyze.isPending, outcome };
}

function outcomeText(analysis: Analysis, before: number | null): string {
  if (isOnItsWay(analysis)) return text.analyse.onItsWay;
  const { verdict } = analysis;
  if (verdict == null) return text.analyse.nothing;
  if (analysis.request_id == null) return text.analyse.stored;
  const [now, then] = [formatPercent(verdict.confidence_score), before === null ? null : formatPercent(before)];
  const compared = then === null ? "" : then === now ? ` ${text.analyse.same}` : ` ${text.analyse.moved(then, now)}`;
  return text.analyse.judged(now, verdict.risk_level) + compared;
}
