import { ArrowRight } from "lucide-react";
import { sessionPath } from "@/app/pages";
import { DataTable, RiskBadge, VisuallyHidden } from "@/components";
import { formatCount, shortId } from "@/lib/format";
import { Part } from "@/pages/settings/Part";
import type { PreviewAnswer } from "@/pages/settings/queries";
import { formatThreshold } from "@/pages/settings/thresholds";
import { settings as words } from "@/strings/settings";
import { classWord } from "@/strings/words";

type Change = PreviewAnswer["changes"][number];

const score = (value: number): string => formatThreshold(value, undefined);

/** Sessions of which something else would have been said, each a link to its page. */
export function PreviewChanges({ answer }: { answer: PreviewAnswer }) {
  const { changes, changed } = answer;
  const hint =
    changes.length < changed ? words.preview.changesHint(formatCount(changes.length), formatCount(changed)) : words.preview.changesHintAll;
  if (changes.length === 0) return <p className="text-[13px] text-muted">{words.preview.changesNone}</p>;
  return (
    <Part title={words.preview.changesTitle} hint={hint}>
      <DataTable<Change>
        caption={words.preview.changesTitle}
        rows={changes}
        rowKey={(change) => change.session_id}
        rowTo={(change) => sessionPath(change.session_id)}
        className="max-h-[28rem] overflow-auto"
        stickyHeader
        columns={[
          {
            key: "session",
            header: words.preview.session,
            cell: ({ session_id: id }) => (
              <span title={id} className="font-mono text-xs whitespace-nowrap">
                {shortId(id)}
              </span>
            ),
          },
          { key: "score", header: words.preview.score, align: "right", hideBelow: "sm", cell: (change) => <Scores change={change} /> },
          { key: "risk", header: words.preview.risk, cell: (change) => <Risks change={change} /> },
          { key: "class", header: words.preview.class, hideBelow: "md", cell: (change) => <Classes change={change} /> },
          { key: "reasons", header: words.preview.reasons, hideBelow: "lg", className: "max-w-96", cell: (change) => <Reason change={change} /> },
        ]}
      />
    </Part>
  );
}

const Arrow = () => (
  <>
    <ArrowRight aria-hidden className="mx-1 inline size-3.5 text-faint" />
    <VisuallyHidden>{` ${words.preview.to} `}</VisuallyHidden>
  </>
);

function Scores({ change: { before, after } }: { change: Change }) {
  return (
    <span className="whitespace-nowrap tabular-nums">
      <span className="text-muted">{score(before.confidence_score)}</span>
      <Arrow />
      {score(after.confidence_score)}
    </span>
  );
}

function Risks({ change: { before, after } }: { change: Change }) {
  const flips = before.is_bot === after.is_bot ? null : after.is_bot ? words.preview.becomesBot : words.preview.becomesPerson;
  return (
    <span className="flex flex-col items-start gap-0.5">
      {before.risk_level === after.risk_level ? (
        <RiskBadge level={after.risk_level} />
      ) : (
        <span className="inline-flex items-center">
          <RiskBadge level={before.risk_level} />
          <Arrow />
          <RiskBadge level={after.risk_level} />
        </span>
      )}
      {flips === null ? null : <span className="text-xs text-muted">{flips}</span>}
    </span>
  );
}

function Classes({ change: { before, after } }: { change: Change }) {
  if (before.class === after.class) return <span className="text-muted">{classWord(after.class)}</span>;
  return (
    <>
      {classWord(before.class)}
      <Arrow />
      {classWord(after.class)}
    </>
  );
}

/** Sentences of the detector, strongest first; the rest is told on the session's page. */
function Reason({ change: { reasons } }: { change: Change }) {
  const [strongest] = reasons;
  if (strongest === undefined) return <span className="text-muted">{words.preview.noReason}</span>;
  return (
    <span className="text-pretty" title={reasons.map(({ text }) => text).join("\n")}>
      {strongest.text}
    </span>
  );
}
