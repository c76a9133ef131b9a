import { Badge, Callout, Card, ClassBadge, InlineCode, TextLink, Time } from "@/components";
import type { Schemas } from "@/api/client";
import { formatCount, formatPercent } from "@/lib/format";
import { ScoreScale } from "@/pages/session/ScoreScale";
import type { Limits } from "@/pages/session/weighing";
import { WhatWouldChange } from "@/pages/session/WhatWouldChange";
import { session } from "@/strings/session";
import { actionWord } from "@/strings/words";

const text = session.verdict;

type Verdict = Schemas["Verdict"];

interface Properties {
  session: Schemas["SessionState"];
  verdict: Verdict;
  limits: Limits | null;
  isRunning: boolean;
}

export const SIMILAR_ID = "in-common";

/** What the detector says, how sure it is, what follows, and what would change it. */
export function VerdictCard({ session: state, verdict, limits, isRunning }: Properties) {
  const isRaised = state.effective_risk != null && state.effective_risk !== verdict.risk_level;
  return (
    <Card title={text.title} footer={<Footer verdict={verdict} />}>
      {isRaised ? (
        <div className="mb-4">
          <Callout tone="warn">
            {text.raised(verdict.risk_level, state.effective_risk ?? verdict.risk_level)}{" "}
            <a href={`#${SIMILAR_ID}`} className="text-accent underline underline-offset-2">
              {text.raisedLink}
            </a>
          </Callout>
        </div>
      ) : null}
      <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <span className="text-4xl font-semibold tracking-tight tabular-nums">{formatPercent(verdict.confidence_score)}</span>
            <span className="flex min-w-0 flex-col gap-1">
              <span className="text-xs text-muted">{text.score}</span>
              <span className="flex flex-wrap items-center gap-1.5">
                <ClassBadge value={verdict.class} />
                <ActionBadge action={verdict.recommended_action} />
              </span>
            </span>
          </div>
          <ScoreScale score={verdict.confidence_score} level={verdict.risk_level} limits={limits} />
          <p className="mt-2 text-sm text-pretty text-ink">{confidenceWords(verdict)}</p>
          <p className="mt-1 text-[13px] text-pretty text-muted">{isRunning ? text.provisional : text.careful}</p>
        </div>
        <div className="min-w-0 border-t pt-4 lg:border-t-0 lg:border-l lg:pt-0 lg:pl-8">
          <WhatWouldChange verdict={verdict} limits={limits} />
        </div>
      </div>
    </Card>
  );
}

function confidenceWords(verdict: Verdict): string {
  switch (verdict.class) {
    case "insufficient_data":
      return text.insufficient;
    case "declared_agent":
      return text.declared;
    case "ai_assisted":
      return text.assisted;
    default:
      return text.confidence(verdict.risk_level);
  }
}

const ACTION_TONES = { accept: "good", review: "warn", exclude: "bad" } as const;

function ActionBadge({ action }: { action: string }) {
  const tone = action in ACTION_TONES ? ACTION_TONES[action as keyof typeof ACTION_TONES] : "neutral";
  return (
    <Badge tone={tone} title={text.action}>
      {actionWord(action)}
    </Badge>
  );
}

function Footer({ verdict }: { verdict: Verdict }) {
  const { ruleset, model } = verdict.versions;
  return (
    <span className="flex flex-wrap items-center gap-x-5 gap-y-1">
      <span>
        {text.judged} <Time at={verdict.judged_at} /> {text.events(formatCount(verdict.event_count))}
      </span>
      <span>
        {text.versions}: <TextLink to="/settings">{ruleset}</TextLink>, <InlineCode>{model}</InlineCode>
      </span>
    </span>
  );
}
