import { Hand, Keyboard, MousePointer2, MousePointerClick, X } from "lucide-react";
import { useMemo, useRef } from "react";
import { Button, Callout, Card, EmptyState, ErrorState, IconButton, Kbd, Meter, Skeleton } from "@/components";
import { formatCount } from "@/lib/format";
import { Controls, Overview } from "@/pages/session/replay/Controls";
import { KEY_GROUPS } from "@/pages/session/replay/keyGroups";
import { Hud } from "@/pages/session/replay/Hud";
import { Stage } from "@/pages/session/replay/Stage";
import { Tracks } from "@/pages/session/replay/Tracks";
import { pointerKind, type Track } from "@/pages/session/replay/tracks";
import { usePlayerClock, usePlayerKeys } from "@/pages/session/replay/useReplay";
import type { ReplayData, ShownReason } from "@/pages/session/replay/useReplayData";
import type { ViewControl } from "@/pages/session/replay/useView";
import { replay as text } from "@/strings/sessionReplay";

interface Properties {
  data: ReplayData;
  control: ViewControl;
  shown: ShownReason | null;
  heat: { isOn: boolean; toggle: () => void };
  isPending: boolean;
}

export const REPLAY_ID = "replay";

/** The session as it went: the page with its pointer, and all that happened on one axis of time. */
export function ReplayCard(properties: Properties) {
  const { data, isPending } = properties;
  const region = useRef<HTMLDivElement>(null);
  usePlayerClock(data.player);
  usePlayerKeys(data.player, region);
  return (
    <div id={REPLAY_ID} ref={region} tabIndex={-1} className="scroll-mt-16 rounded-card outline-none lg:scroll-mt-4">
      <Card title={text.title} description={text.description} actions={<KeysHint />} flush>
        {data.isEmpty ? (
          <EmptyState icon={MousePointer2} title={isPending ? text.empty.pending.title : text.empty.none.title}>
            {isPending ? text.empty.pending.text : text.empty.none.text}
          </EmptyState>
        ) : (
          <Filled {...properties} />
        )}
      </Card>
    </div>
  );
}

function KeysHint() {
  return (
    <span className="hidden items-center gap-1.5 text-xs text-muted lg:flex" title={text.tracksHint}>
      <Kbd>Space</Kbd>
      <Kbd>←</Kbd>
      <Kbd>→</Kbd>
    </span>
  );
}

function Filled({ data, control, shown, heat }: Properties) {
  const { player, scene, tracks, duration } = data;
  const all = useMemo(() => (shown === null ? tracks : [...tracks, reasonTrack(shown)]), [tracks, shown]);
  const scroll = tracks.find((track) => track.kind === "line");
  return (
    <>
      {shown === null ? null : <ShownBar shown={shown} />}
      {scene !== null ? (
        <Stage scene={scene} player={player} scroll={scroll} withHeat={heat.isOn} moments={shown?.moments ?? NO_MOMENTS} />
      ) : (
        <NoStage data={data} />
      )}
      <Hud player={player} tracks={tracks} />
      <Controls player={player} control={control} heat={scene === null ? null : heat} />
      {data.isReady ? <Tracks tracks={all} player={player} control={control} /> : <Skeleton className="m-4 h-44" />}
      <Overview control={control} duration={duration} />
      <Notes data={data} />
    </>
  );
}

const NO_MOMENTS: readonly number[] = [];

const reasonTrack = (shown: ShownReason): Track => ({
  key: "reason",
  kind: "marks",
  marks: shown.moments.map((t, index, all) => ({ t, label: text.moment(index + 1, all.length) })),
});

function ShownBar({ shown }: { shown: ShownReason }) {
  return (
    <div className="flex items-center gap-3 border-b bg-risk-critical-soft px-4 py-1.5 text-[13px]">
      <span className="min-w-0 flex-1 text-pretty">{text.showing(shown.text)}</span>
      <IconButton label={text.stopShowing} icon={X} size="sm" onClick={shown.stop} />
    </div>
  );
}

const NO_POINTER_ICONS = { mouse: MousePointerClick, touch: Hand, keyboard: Keyboard, none: MousePointer2 };

/** In place of the stage: why there is no pointer, or what went wrong with it. */
function NoStage({ data }: { data: ReplayData }) {
  if (data.pointer.isError) return <ErrorState error={data.pointer.error} onRetry={() => void data.pointer.refetch()} compact />;
  if (!data.isReady || data.pointer.data === undefined) return <Skeleton className="m-4 h-64" />;
  const kind = pointerKind(data.events);
  const Icon = NO_POINTER_ICONS[kind];
  return (
    <p className="flex items-center gap-3 bg-sunken px-4 py-5 text-[13px] text-muted">
      <Icon aria-hidden className="size-5 shrink-0" />
      {text.noPointer[kind]}
    </p>
  );
}

/** What is drawn and what is not, said once. */
function Notes({ data }: { data: ReplayData }) {
  const { pointer, typing, scene, tracks, log } = data;
  const positions = pointer.data?.positions ?? 0;
  const points = pointer.data?.points.length ?? 0;
  const keys = typing.data;
  const hasKeys = tracks.some((track) => track.key === "keys");
  const notes = [
    scene !== null && pointerKind(data.events) === "touch" ? text.noPointer.touch : null,
    scene !== null && !scene.isPageKnown && log.isComplete ? text.noViewport : null,
    positions > points ? text.thinned(formatCount(points), formatCount(positions)) : null,
    pointer.data?.complete === false ? text.incomplete : null,
    keys !== undefined && keys.pressed === 0 && log.isComplete ? text.noKeys : null,
    keys !== undefined && keys.pressed > keys.keys.length ? text.keysCut(formatCount(keys.keys.length), formatCount(keys.pressed)) : null,
  ].filter((note) => note !== null);
  return (
    <div className="space-y-2 border-t px-4 py-2.5 text-xs text-muted empty:hidden">
      {log.error === null ? null : (
        <Callout tone="warn">
          <ErrorState error={log.error} onRetry={log.retry} compact />
        </Callout>
      )}
      <Progress log={log} />
      {hasKeys ? <KeysLegend /> : null}
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

function Progress({ log }: { log: ReplayData["log"] }) {
  if (log.isComplete || log.error !== null) return null;
  const read = formatCount(log.read);
  if (log.canReadOn) {
    return (
      <p className="flex flex-wrap items-center gap-3">
        {text.readPart(read)}
        <Button size="sm" onClick={log.readOn}>
          {text.readOn}
        </Button>
      </p>
    );
  }
  const said = text.reading(read, formatCount(log.expected));
  return (
    <div className="flex items-center gap-3">
      <span className="shrink-0 tabular-nums">{said}</span>
      <Meter value={log.read / Math.max(1, log.expected)} label={said} />
    </div>
  );
}

const GROUP_COLORS = { text: "bg-chart-2", space: "bg-chart-1", correction: "bg-chart-5", command: "bg-chart-3" };

function KeysLegend() {
  return (
    <ul aria-label={text.legendKeys} className="flex flex-wrap gap-x-4 gap-y-1">
      {KEY_GROUPS.map((group) => (
        <li key={group} className="flex items-center gap-1.5">
          <span aria-hidden className={`h-3 w-1.5 rounded-xs ${GROUP_COLORS[group]}`} />
          {text.keyGroups[group]}
        </li>
      ))}
    </ul>
  );
}
