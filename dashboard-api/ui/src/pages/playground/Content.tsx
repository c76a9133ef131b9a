import { VirtualList } from "@/components";
import { cx } from "@/lib/cx";
import { type Part, partsOf } from "@/pages/playground/lines";
import { playground as words } from "@/strings/playground";

interface Line {
  number: number;
  text: string;
}

const LINE_PX = 20;
/** Below this many lines the box is as high as its lines. */
const MOST_LINES = 28;

/** Content with numbered lines, of which only those in sight are drawn. */
export function Content({ lines, isWrapped }: { lines: readonly string[]; isWrapped: boolean }) {
  const rows = lines.map((text, index): Line => ({ number: index + 1, text }));
  const digits = String(lines.length).length;
  return (
    <div className="overflow-hidden rounded-control border border-line bg-sunken" style={{ height: (Math.min(lines.length, MOST_LINES) + 1) * LINE_PX }}>
      <VirtualList
        ariaLabel={words.answer.content}
        rows={rows}
        rowKey={({ number }) => number}
        estimate={LINE_PX}
        overscan={20}
        className="h-full py-2"
        renderRow={({ number, text }) => (
          <div className="flex font-mono text-xs leading-5">
            <span aria-hidden style={{ width: `${digits + 2}ch` }} className="shrink-0 pr-2 text-right text-faint select-none">
              {number}
            </span>
            <code className={cx("min-w-0 flex-1 pr-3", isWrapped ? "wrap-anywhere whitespace-pre-wrap" : "whitespace-pre")}>
              {partsOf(text).map((part, index) => (
                <span key={index} className={TONES[part.kind]}>
                  {part.text}
                </span>
              ))}
            </code>
          </div>
        )}
      />
    </div>
  );
}

const TONES: Record<Part["kind"], string> = {
  name: "text-ink",
  text: "text-good",
  number: "text-info",
  word: "text-warn",
  plain: "text-muted",
};
