import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { formatPercent } from "@/lib/format";
import { type Limits, weigh, type Weighing } from "@/pages/session/weighing";
import { session } from "@/strings/session";
import { methodWord } from "@/strings/words";

const text = session.change;

type Verdict = Schemas["Verdict"];

/** Which reasons carry the verdict, what is left without them, and what was not seen. Nothing but arithmetic on what is stored. */
export function WhatWouldChange({ verdict, limits }: { verdict: Verdict; limits: Limits | null }) {
  const weighing = weigh(verdict, limits);
  const { judged, too_little, absent } = verdict.data_sufficiency;
  const silent = judged.filter((method) => verdict.reasons.every((reason) => reason.method !== method));
  return (
    <div className="text-[13px]">
      <h3 className="mb-1.5 font-medium text-ink">{text.title}</h3>
      <ul className="list-disc space-y-1.5 pl-4 text-pretty marker:text-faint">
        {verdict.reasons.length === 0 ? <li>{text.noReasons}</li> : weighing === null ? <li>{text.cannot}</li> : <Outcomes verdict={verdict} weighing={weighing} />}
        <Methods methods={too_little} say={text.tooLittle} />
        <Methods methods={absent} say={text.absent} />
        <Methods methods={silent} say={(methods) => text.silent(methods, named(silent.filter((method) => LOWERING.includes(method))))} />
      </ul>
      {weighing === null || verdict.reasons.length === 0 ? null : <p className="mt-2.5 text-xs text-muted">{text.lead}</p>}
    </div>
  );
}

/** Methods strong enough that finding nothing says something (docs/detection.md). */
const LOWERING: readonly string[] = ["mouse", "keystroke"];

function Outcomes({ verdict, weighing }: { verdict: Verdict; weighing: Weighing }): ReactNode {
  const { carriers, withoutStrongest, withoutMethod } = weighing;
  const level = verdict.risk_level;
  const telling = withoutMethod.filter((outcome) => outcome.level !== level);
  const lead = carriers.length === 1 ? text.carriedOne(level) : text.carriedSome(carriers.length, level);
  return (
    <>
      {carriers.length === 0 ? null : (
        <li>
          {lead}{" "}
          <span className="text-muted">{carriers.length === 1 ? carriers[0]?.text : named([...new Set(carriers.map(({ method }) => method))])}</span>
        </li>
      )}
      {withoutStrongest === null ? null : (
        <li>{text.withoutStrongest(formatPercent(withoutStrongest.score), withoutStrongest.level, withoutStrongest.level === level)}</li>
      )}
      {telling.map((outcome) => (
        <li key={outcome.method}>{text.withoutMethod(methodWord(outcome.method), outcome.count, formatPercent(outcome.score), outcome.level)}</li>
      ))}
      {telling.length === 0 && withoutMethod.length > 1 && level !== "LOW" ? <li>{text.noMethodAlone(level)}</li> : null}
    </>
  );
}

const named = (methods: readonly string[]): string => methods.map(methodWord).join(", ");

function Methods({ methods, say }: { methods: readonly string[]; say: (methods: string) => string }) {
  if (methods.length === 0) return null;
  return <li className="text-muted">{say(named(methods))}</li>;
}
