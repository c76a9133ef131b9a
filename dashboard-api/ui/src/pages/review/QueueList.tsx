import { Button, Card, Checkbox, focusRingInset, LabelBadge, RiskBadge, Time, VirtualList, VisuallyHidden } from "@/components";
import { cx } from "@/lib/cx";
import { shortId } from "@/lib/format";
import { review as text, type GivenLabel } from "@/strings/review";
import type { QueueItem } from "./queries";
import type { Given, Sitting } from "./sitting";

const LABELS = ["human", "bot", "unsure"] as const;
const ROW_PX = 68;

interface Properties {
  items: QueueItem[];
  current: string | null;
  given: Sitting["given"];
  selected: ReadonlySet<string>;
  onShow: (id: string) => void;
  onToggle: (id: string) => void;
  onSelected: (selected: ReadonlySet<string>) => void;
  /** Absent for those who may only look. */
  onLabel: ((label: GivenLabel) => void) | undefined;
  onEnd: () => void;
  footer: string;
}

/** The queue beside the session at hand: where one is, what one has said, many at once. */
export function QueueList({ items, current, given, selected, onShow, onToggle, onSelected, onLabel, onEnd, footer }: Properties) {
  const all = items.length > 0 && items.every((item) => selected.has(item.session_id));
  return (
    <Card
      title={text.queue}
      flush
      footer={footer}
      actions={
        <Checkbox
          label={text.selectAll}
          checked={all ? true : selected.size > 0 ? "indeterminate" : false}
          onChecked={(isChosen) => onSelected(new Set(isChosen ? items.map((item) => item.session_id) : []))}
        />
      }
    >
      {selected.size === 0 || onLabel === undefined ? null : <BulkBar count={selected.size} onLabel={onLabel} onClear={() => onSelected(new Set())} />}
      <VirtualList
        rows={items}
        rowKey={(item) => item.session_id}
        estimate={ROW_PX}
        ariaLabel={text.queueList}
        className="max-h-96 lg:max-h-[calc(100dvh-22rem)]"
        onEndReached={onEnd}
        renderRow={(item) => (
          <QueueRow
            item={item}
            isCurrent={item.session_id === current}
            given={given.get(item.session_id)}
            isSelected={selected.has(item.session_id)}
            onShow={() => onShow(item.session_id)}
            onToggle={() => onToggle(item.session_id)}
          />
        )}
      />
    </Card>
  );
}

interface BulkProperties {
  count: number;
  onLabel: (label: GivenLabel) => void;
  onClear: () => void;
}

function BulkBar({ count, onLabel, onClear }: BulkProperties) {
  return (
    <div role="group" aria-label={text.labelSelected} className="flex flex-wrap items-center gap-1.5 border-b border-line bg-accent-soft px-3 py-2 text-[13px]">
      <span role="status" className="mr-auto font-medium tabular-nums">
        {text.selected(count)}
      </span>
      {LABELS.map((label) => (
        <Button key={label} size="sm" onClick={() => onLabel(label)}>
          {text.labelButton[label]}
        </Button>
      ))}
      <Button size="sm" variant="ghost" onClick={onClear}>
        {text.clearSelection}
      </Button>
    </div>
  );
}

interface RowProperties {
  item: QueueItem;
  isCurrent: boolean;
  given: Given | undefined;
  isSelected: boolean;
  onShow: () => void;
  onToggle: () => void;
}

function QueueRow({ item, isCurrent, given, isSelected, onShow, onToggle }: RowProperties) {
  return (
    <div className={cx("flex items-start gap-2 border-b border-line py-2 pr-3 pl-3", isCurrent && "bg-accent-soft")}>
      <Checkbox label={text.selectSession(item.session_id)} hideLabel checked={isSelected} onChecked={onToggle} />
      <button
        type="button"
        aria-current={isCurrent ? "true" : undefined}
        onClick={onShow}
        className={cx("min-w-0 flex-1 rounded-control text-left", focusRingInset)}
      >
        <VisuallyHidden>{`${text.showSession(item.session_id)} `}</VisuallyHidden>
        <span className="flex items-center gap-2 text-[13px]">
          <RiskBadge level={item.effective_risk} />
          <span className="font-mono text-xs text-muted">{shortId(item.session_id)}</span>
          <span className="ml-auto shrink-0 text-xs text-muted">{given === undefined ? <Time at={item.created_at} /> : <GivenBadge given={given} />}</span>
        </span>
        <span className="mt-1 block truncate text-xs text-muted">{item.first_reason ?? item.summary ?? item.survey_id ?? text.noSurvey}</span>
      </button>
    </div>
  );
}

function GivenBadge({ given }: { given: Given }) {
  return (
    <span className="flex items-center gap-1">
      {given.isSaved ? null : <span>{text.saving}</span>}
      <LabelBadge label={given.label} />
    </span>
  );
}
