import { ChevronsLeft, Flame, Pause, Play, RotateCcw, RotateCw, StepForward, ZoomIn, ZoomOut } from "lucide-react";
import { Button, IconButton, NativeSelect } from "@/components";
import { type Player, SPEEDS } from "@/pages/session/replay/player";
import { clockText } from "@/pages/session/replay/timeAxis";
import { usePlayerState, usePlayerTime } from "@/pages/session/replay/useReplay";
import type { ViewControl } from "@/pages/session/replay/useView";
import { replay as text } from "@/strings/sessionReplay";

interface Properties {
  player: Player;
  control: ViewControl;
  heat: { isOn: boolean; toggle: () => void } | null;
}

const SPEED_OPTIONS = SPEEDS.map((speed) => ({ value: String(speed), label: text.speedOf(speed) }));

/** The bar under the stage. */
export function Controls({ player, control, heat }: Properties) {
  const { playing, speed, skipPauses } = usePlayerState(player);
  return (
    <div className="flex flex-wrap items-center gap-x-1 gap-y-2 border-y px-3 py-2">
      <IconButton label={playing ? text.pause : text.play} icon={playing ? Pause : Play} variant="primary" onClick={player.toggle} />
      <IconButton label={text.restart} icon={ChevronsLeft} onClick={() => player.seek(0)} />
      <IconButton label={text.back} icon={RotateCcw} onClick={() => player.step(-1000)} />
      <IconButton label={text.forward} icon={RotateCw} onClick={() => player.step(1000)} />
      <Clock player={player} />
      <span className="ml-auto" />
      <div className="w-18">
        <NativeSelect
          aria-label={text.speed}
          options={SPEED_OPTIONS}
          value={String(speed)}
          onValue={(chosen) => player.setSpeed(SPEEDS.find((each) => String(each) === chosen) ?? 1)}
        />
      </div>
      <Button variant={skipPauses ? "secondary" : "ghost"} aria-pressed={skipPauses} icon={StepForward} title={text.skipHint} onClick={() => player.setSkipPauses(!skipPauses)}>
        {text.skip}
      </Button>
      {heat === null ? null : (
        <Button variant={heat.isOn ? "secondary" : "ghost"} aria-pressed={heat.isOn} icon={Flame} onClick={heat.toggle}>
          {text.heat}
        </Button>
      )}
      <span aria-hidden className="mx-1 hidden h-5 w-px bg-line sm:block" />
      <IconButton label={text.zoomOut} icon={ZoomOut} disabled={control.isWhole} onClick={() => control.zoom(0.5)} />
      <IconButton label={text.zoomIn} icon={ZoomIn} onClick={() => control.zoom(2)} />
      <Button variant="ghost" disabled={control.isWhole} onClick={control.showWhole}>
        {text.zoomWhole}
      </Button>
    </div>
  );
}

function Clock({ player }: { player: Player }) {
  const { duration } = usePlayerState(player);
  const now = usePlayerTime(player, 100);
  return (
    <span className="pl-2 text-[13px] whitespace-nowrap tabular-nums">
      <span className="font-medium">{clockText(now, true)}</span>
      <span className="text-muted"> / {clockText(duration, true)}</span>
    </span>
  );
}

/** Where the part in sight lies in the session; moves it. */
export function Overview({ control, duration }: { control: ViewControl; duration: number }) {
  if (control.isWhole) return null;
  const { from, to } = control.view;
  return (
    <label className="flex items-center gap-3 border-t px-4 py-2 text-xs text-muted">
      <span className="shrink-0">{text.overview}</span>
      <input
        type="range"
        min={0}
        max={Math.max(1, duration - (to - from))}
        step={Math.max(1, (to - from) / 20)}
        value={from}
        aria-valuetext={`${clockText(from)} – ${clockText(to)}`}
        onChange={(event) => control.panTo(Number(event.target.value))}
        className="h-6 min-w-0 flex-1 accent-accent"
      />
      <span className="shrink-0 tabular-nums">{`${clockText(from)} – ${clockText(to)}`}</span>
    </label>
  );
}
