import { Undo2 } from "lucide-react";
import { Button, Kbd, Meter } from "@/components";
import { review as text } from "@/strings/review";

interface Properties {
  done: number;
  left: number;
  hasMore: boolean;
  onUndo: (() => void) | null;
}

/** How far the sitting is, and which keys there are. */
export function Progress({ done, left, hasMore, onUndo }: Properties) {
  const all = done + left;
  return (
    <div className="flex min-h-7 flex-wrap items-center gap-x-4 gap-y-2 text-[13px] text-muted">
      <p role="status" className="tabular-nums">
        {text.progress(done, left, hasMore)}
      </p>
      <Meter value={all === 0 ? 1 : done / all} label={text.progressLabel} className="max-w-48 min-w-24 flex-1" />
      {onUndo === null ? null : (
        <Button size="sm" variant="ghost" icon={Undo2} onClick={onUndo}>
          {text.undo}
        </Button>
      )}
      <dl aria-label={text.keysLabel} className="ml-auto hidden flex-wrap items-center gap-x-3 gap-y-1 text-xs md:flex">
        {text.keys.map(([key, meaning]) => (
          <div key={key} className="flex items-center gap-1">
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
