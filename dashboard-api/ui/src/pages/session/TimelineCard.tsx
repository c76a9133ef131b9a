import { memo, useMemo } from "react";
import { Card, EmptyState, focusRingInset, NativeSelect, Skeleton, VirtualList } from "@/components";
import { cx } from "@/lib/cx";
import { formatCount, formatDateTime } from "@/lib/format";
import type { LoggedEvent } from "@/pages/session/eventLog";
import { EVENT_FILTERS, type EventFilter, eventText, filterEvents } from "@/pages/session/eventText";
import { clockText } from "@/pages/session/replay/timeAxis";
import type { ReplayData } from "@/pages/session/replay/useReplayData";
import { session } from "@/strings/session";
import { events as eventWords } from "@/strings/sessionEvents";

const text = session.timeline;

const ROW_PX = 32;
const OPTIONS = EVENT_FILTERS.map((value) => ({ value, label: text.filters[value] }));

interface Properties {
  data: ReplayData;
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  onGoTo: (t: number) => void;
}

/** Every stored event, one a line; only what is in sight is drawn. */
export function TimelineCard({ data, filter, onFilter, onGoTo }: Properties) {
  const { events, start } = data;
  const shown = useMemo(() => filterEvents(events, filter), [events, filter]);
  return (
    <Card title={text.title} description={text.description} flush>
      <div className="flex items-center justify-between gap-3 border-b px-4 py-2">
        <div className="w-52">
          <NativeSelect aria-label={text.filter} options={OPTIONS} value={filter} onValue={onFilter} />
        </div>
        <span className="text-xs text-muted tabular-nums">{text.count(formatCount(shown.length), formatCount(events.length))}</span>
      </div>
      {!data.isReady ? (
        <Skeleton className="m-4 h-64" />
      ) : shown.length === 0 ? (
        <EmptyState title={text.none} />
      ) : (
        <VirtualList
          rows={shown}
          rowKey={(index) => index}
          estimate={ROW_PX}
          ariaLabel={text.list}
          className="max-h-112"
          renderRow={(index) => {
            const event = events[index];
            return event === undefined ? null : <EventRow event={event} start={start} onGoTo={onGoTo} />;
          }}
        />
      )}
    </Card>
  );
}

const EventRow = memo(function EventRow({ event, start, onGoTo }: { event: LoggedEvent; start: number | null; onGoTo: (t: number) => void }) {
  const { what, detail } = eventText(event);
  const { t } = event;
  const time = t === null ? eventWords.noTime : clockText(t, true);
  return (
    <button
      type="button"
      disabled={t === null}
      aria-label={text.goTo(time, detail === "" ? what : `${what}, ${detail}`)}
      title={t === null || start === null ? undefined : formatDateTime(start + t)}
      onClick={() => {
        if (t !== null) onGoTo(t);
      }}
      className={cx("flex h-8 w-full items-center gap-3 border-b px-4 text-left text-[13px] hover:bg-raised", focusRingInset)}
    >
      <span className="w-16 shrink-0 text-xs text-muted tabular-nums">{time}</span>{" "}
      <span className="w-36 shrink-0 truncate text-ink sm:w-44">{what}</span>{" "}
      <span className="min-w-0 flex-1 truncate text-muted">{detail}</span>
    </button>
  );
});
