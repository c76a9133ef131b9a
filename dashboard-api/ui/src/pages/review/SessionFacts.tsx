import type { ReactNode } from "react";
import { surveyPath } from "@/app/pages";
import { Meter, StatusBadge, TextLink, Time, type Tone } from "@/components";
import { cx } from "@/lib/cx";
import { formatCount, formatPercent } from "@/lib/format";
import { review as text } from "@/strings/review";
import { actionWord } from "@/strings/words";
import type { Details } from "./queries";

type Session = Details["session"];

const TONES: Record<string, Tone> = { LOW: "good", MEDIUM: "warn", HIGH: "bad", CRITICAL: "bad" };

/** What the session is, and how risky it looks. */
export function SessionFacts({ session }: { session: Session }) {
  const { survey_id: survey = null, respondent_id: respondent = null, effective_score: score = null, verdict } = session;
  return (
    <div className="space-y-3">
      {score === null ? null : (
        <div className="flex items-center gap-3" title={text.scoreHint}>
          <span className="text-[13px] text-muted">{text.score}</span>
          <Meter value={score} label={text.score} tone={TONES[session.effective_risk ?? "LOW"] ?? "neutral"} className="max-w-64 flex-1" />
          <span className="font-medium tabular-nums">{formatPercent(score)}</span>
        </div>
      )}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 text-[13px] sm:grid-cols-[repeat(auto-fit,minmax(12rem,1fr))]">
        <Fact label={text.survey}>{survey === null ? text.noSurvey : <TextLink to={surveyPath(survey)}>{survey}</TextLink>}</Fact>
        <Fact label={text.respondent}>
          {respondent === null ? (
            text.unknown
          ) : (
            <TextLink to={`/sessions?${new URLSearchParams({ respondent, range: "90d" }).toString()}`}>{respondent}</TextLink>
          )}
        </Fact>
        <Fact label={text.created} isWide>
          <Time at={session.created_at} mode="absolute" />
        </Fact>
        <Fact label={text.events}>
          {formatCount(session.event_count)} <StatusBadge status={session.status} />
        </Fact>
        {verdict == null ? null : <Fact label={text.action}>{actionWord(verdict.recommended_action)}</Fact>}
      </dl>
    </div>
  );
}

function Fact({ label, children, isWide = false }: { label: string; children: ReactNode; isWide?: boolean }) {
  return (
    <div className={cx("min-w-0", isWide && "max-sm:col-span-2")}>
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  );
}
