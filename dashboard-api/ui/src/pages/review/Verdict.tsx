import { Badge, TextLink } from "@/components";
import { formatPercent } from "@/lib/format";
import { measuredOf } from "@/pages/session/evidence";
import { review as text } from "@/strings/review";
import { campaignWord, methodWord } from "@/strings/words";
import type { Details, Finding, Reason } from "./queries";
import { byStrength } from "./strength";

/** Why the session was flagged: reasons as sentences, what it shares with others, and what there was too little of. */
export function Verdict({ details }: { details: Details }) {
  const verdict = details.session.verdict ?? null;
  return (
    <>
      {verdict === null ? (
        <p className="text-muted">{text.noVerdict}</p>
      ) : (
        <>
          <p className="text-[15px] text-pretty">{verdict.summary}</p>
          <Reasons reasons={verdict.reasons} />
        </>
      )}
      {details.findings.length === 0 ? null : <Findings findings={details.findings} />}
      {verdict === null ? null : <Sufficiency sufficiency={verdict.data_sufficiency} />}
    </>
  );
}

function Reasons({ reasons }: { reasons: Reason[] }) {
  if (reasons.length === 0) return <p className="text-muted">{text.noReasons}</p>;
  return (
    <div className="space-y-4">
      {byStrength(reasons).map(([strength, found]) => (
        <section key={strength}>
          <h3 className="mb-1.5 text-sm font-semibold">{text.strength[strength]}</h3>
          <ul className="space-y-2">
            {found.map((reason) => (
              <li key={`${reason.method} ${reason.code}`} className="border-l-2 border-line pl-3">
                <Sentence sentence={reason.text} tag={methodWord(reason.method)} note={text.weight(formatPercent(reason.weight))} />
                <Evidence evidence={reason.evidence} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Sentence({ sentence, tag, note }: { sentence: string; tag: string; note: string }) {
  return (
    <p className="text-[13px]">
      {sentence} <Badge>{tag}</Badge> <span className="text-xs whitespace-nowrap text-muted tabular-nums">{note}</span>
    </p>
  );
}

function Evidence({ evidence }: { evidence: Record<string, number> }) {
  return (
    <dl className="mt-0.5 flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-muted empty:hidden">
      {measuredOf(evidence).map(({ name, value }) => (
        <div key={name} className="flex gap-1">
          <dt>{name}</dt>
          <dd className="font-medium text-ink tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-semibold">{text.shared}</h3>
      <ul className="space-y-2">
        {findings.map((finding) => (
          <li key={`${finding.kind} ${finding.fingerprint}`} className="border-l-2 border-line pl-3">
            <Sentence sentence={finding.text} tag={campaignWord(finding.kind)} note={text.sharedSessions(finding.sessions)} />
            <p className="flex flex-wrap gap-x-3 text-xs">
              {finding.other_sessions.slice(0, 5).map((id) => (
                <TextLink key={id} to={`/sessions/${id}`} className="font-mono">
                  {`…${id.slice(-8)}`}
                </TextLink>
              ))}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sufficiency({ sufficiency }: { sufficiency: NonNullable<Details["session"]["verdict"]>["data_sufficiency"] }) {
  const rows = [
    [text.judged, sufficiency.judged],
    [text.tooLittle, sufficiency.too_little],
    [text.absent, sufficiency.absent],
  ] as const;
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-semibold">{text.sufficiency}</h3>
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 text-[13px]">
        {rows.map(([label, methods]) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd>{methods.map(methodWord).join(", ") || text.noMethod}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
