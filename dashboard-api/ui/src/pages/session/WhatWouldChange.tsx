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
        <Methods methods={silent} say={text.silent} />
      </ul>
      {weighing === null || verdict.reasons.length === 0 ? null : <p className="mt-2.5 text-xs text-muted">{text.lead}</p>}
    </div>
  );
}

const MOST_METHODS = 3;

function Outcomes({ verdict, weighing }: { verdict: Verdict; weighing: Weighing }): ReactNode {
  const { carriers, withoutStrongest, withoutMethod } = weighing;
  const lead = carriers.length === 1 ? text.carriedOne(verdict.risk_level) : text.carriedSome(carriers.length, verdict.risk_level);
  return (
    <>
      {carriers.length === 0 ? null : (
        <li>
          {lead}{" "}
          <span className="text-muted">{carriers.length === 1 ? carriers[0]?.text : carriers.map(({ method }) => methodWord(method)).join(", ")}</span>
        </li>
      )}
      {withoutStrongest === null ? null : <li>{text.withoutStrongest(formatPercent(withoutStrongest.score), withoutStrongest.level)}</li>}
      {withoutMethod.slice(0, MOST_METHODS).map(({ method, count, score, level }) => (
        <li key={method}>{text.withoutMethod(methodWord(method), count, formatPercent(score), level)}</li>
      ))}
    </>
  );
}

function Methods({ methods, say }: { methods: readonly string[]; say: (methods: string) => string }) {
  if (methods.length === 0) return null;
  return <li className="text-muted">{say(methods.map(methodWord).join(", "))}</li>;
}
