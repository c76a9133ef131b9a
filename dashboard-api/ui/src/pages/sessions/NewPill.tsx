import { ArrowUp } from "lucide-react";
import { focusRing, Tooltip, VisuallyHidden } from "@/components";
import { cx } from "@/lib/cx";
import { formatCount } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";

interface Properties {
  count: number;
  /** There are more than were counted. */
  more: boolean;
  onShow: () => void;
}

/** How many sessions came since the list was read. They are put into it when somebody wants them, not under the reader's eyes. */
export function NewPill({ count, more, onShow }: Properties) {
  const words = text.arrivals.show(`${formatCount(count)}${more ? "+" : ""}`);
  return (
    <>
      <div role="status">
        <VisuallyHidden>{count > 0 ? text.arrivals.told : ""}</VisuallyHidden>
      </div>
      {count === 0 ? null : (
        <div className="pointer-events-none absolute inset-x-0 top-10 z-4 flex justify-center max-sm:top-2">
          <Tooltip text={text.arrivals.hint}>
            <button
              type="button"
              onClick={onShow}
              className={cx(
                "pointer-events-auto inline-flex h-7 items-center gap-1.5 rounded-full bg-accent px-3 text-xs font-medium text-on-accent tabular-nums shadow-raised hover:bg-accent-hover",
                focusRing,
              )}
            >
              <ArrowUp aria-hidden className="size-3.5" />
              {words}
            </button>
          </Tooltip>
        </div>
      )}
    </>
  );
}
