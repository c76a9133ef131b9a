import { describe, expect, it, vi } from "vitest";
import type { Schemas } from "@/api/client";
import { countTypes, type EventLog, readOn } from "@/pages/session/eventLog";

type Timeline = Schemas["Timeline"];

const START = Date.parse("2026-09-21T14:00:00Z");
const event = (t: number | null): Timeline["events"][number] => ({
  event_type: "mouse_move",
  timestamp: t === null ? null : new Date(START + t).toISOString(),
  received_at: new Date(START).toISOString(),
  data: {},
});

/** A server that stores `stored` events and gives `size` of them a page, as ours does: no cursor behind the last page. */
function server(stored: Timeline["events"], size = 2) {
  return vi.fn((cursor: string | undefined) => {
    const from = cursor === undefined ? 0 : Number(cursor);
    const events = stored.slice(from, from + size);
    const hasMore = from + events.length < stored.length;
    return Promise.resolve<Timeline>({ events, next_cursor: hasMore ? String(from + events.length) : null });
  });
}

const times = (log: EventLog) => log.events.map(({ t }) => t);
const nothing = () => undefined;

describe("readOn", () => {
  it("reads every page and counts from the first event that has a time", async () => {
    const readPage = server([event(null), event(500), event(700), event(650)]);
    const progress: number[] = [];
    const log = await readOn({ known: undefined, most: 100, readPage, onProgress: (so) => progress.push(so.events.length) });
    expect(times(log)).toEqual([null, 0, 200, 150]);
    expect(log.complete).toBe(true);
    expect(progress).toEqual([2]);
  });

  it("asks only for the last page again, and gives back the same log when nothing came", async () => {
    const stored = [event(0), event(1), event(2)];
    const readPage = server(stored);
    const first = await readOn({ known: undefined, most: 100, readPage, onProgress: nothing });
    readPage.mockClear();
    expect(await readOn({ known: first, most: 100, readPage, onProgress: nothing })).toBe(first);
    expect(readPage.mock.calls).toEqual([["2"]]);
    stored.push(event(3), event(4));
    const more = await readOn({ known: first, most: 100, readPage, onProgress: nothing });
    expect(times(more)).toEqual([0, 1, 2, 3, 4]);
  });

  it("reads a single page again without counting its events twice", async () => {
    const stored = [event(10)];
    const readPage = server(stored);
    const first = await readOn({ known: undefined, most: 100, readPage, onProgress: nothing });
    stored.push(event(30));
    expect(times(await readOn({ known: first, most: 100, readPage, onProgress: nothing }))).toEqual([0, 20]);
  });

  it("tells of its progress less and less often", async () => {
    const stored = Array.from({ length: 60 }, (_, t) => event(t));
    const told: number[] = [];
    await readOn({ known: undefined, most: 100, readPage: server(stored), onProgress: (log) => told.push(log.events.length) });
    expect(told).toEqual([2, 4, 6, 8, 12, 16, 22, 30, 40, 52]);
  });

  it("stops at the most it may read, and goes on when it may read more", async () => {
    const readPage = server([event(0), event(1), event(2), event(3), event(4)]);
    const part = await readOn({ known: undefined, most: 3, readPage, onProgress: nothing });
    expect([part.events.length, part.complete]).toEqual([4, false]);
    const whole = await readOn({ known: part, most: 100, readPage, onProgress: nothing });
    expect(times(whole)).toEqual([0, 1, 2, 3, 4]);
    expect(whole.complete).toBe(true);
  });
});

it("counts types", () => {
  expect([...countTypes([{ t: 0, type: "click", data: {} }, { t: 1, type: "click", data: {} }])]).toEqual([["click", 2]]);
});
