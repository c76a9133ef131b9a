import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "@/pages/session/eventLog";
import { activityTimes, pointerKind, type Track, tracksOf, viewportOf, whatIsAt } from "@/pages/session/replay/tracks";

const at = (t: number, type: string, data: Record<string, unknown> = {}): LoggedEvent => ({ t, type, data });

const EVENTS = [
  at(0, "device", { viewport_width: 1280, viewport_height: 720 }),
  at(0, "page_view", { page: "p1" }),
  at(100, "mouse_move", { x: 1, y: 1 }),
  at(200, "click", { x: 10, y: 20, hold: 80 }),
  at(300, "scroll", { dy: 100 }),
  at(400, "scroll", { dy: 150 }),
  at(500, "page_view", { page: "p2" }),
  at(600, "blur"),
  at(900, "focus"),
  at(950, "paste", { length: 40, source: "paste" }),
];

const track = (key: Track["key"], all: Track[]): Track => all.find((each) => each.key === key)!;
const spans = (key: Track["key"], all: Track[]) => {
  const found = track(key, all);
  return found.kind === "spans" ? found.spans : [];
};

describe("tracksOf", () => {
  const all = tracksOf(EVENTS, [{ t: 960, class: "backspace", dwell: 70 }], 1000);

  it("has a row for all that happened, and none for what did not", () => {
    expect(all.map(({ key }) => key)).toEqual(["pages", "presence", "pointer", "scroll", "keys", "inserted"]);
    expect(tracksOf([at(0, "device")], [], 10).map(({ key }) => key)).toEqual(["pages", "presence"]);
  });

  it("lasts pages to the next one, and being away to coming back", () => {
    expect(spans("pages", all).map(({ from, to }) => [from, to])).toEqual([[0, 500], [500, 1000]]);
    expect(spans("presence", all).map(({ from, to }) => [from, to])).toEqual([[600, 900]]);
  });

  it("adds up steps of scrolling on each page", () => {
    const scroll = track("scroll", all);
    expect(scroll).toMatchObject({ kind: "line", most: 250, values: Float64Array.of(100, 250, 0) });
  });

  it("says what is at a time", () => {
    expect(whatIsAt(track("pages", all), 700, 10)).toBe("Page p2");
    expect(whatIsAt(track("presence", all), 700, 10)).toBe("Away for 300 ms");
    expect(whatIsAt(track("pointer", all), 205, 10)).toBe("Press at 10, 20, held 80 ms");
    expect(whatIsAt(track("pointer", all), 105, 10)).toBe("Pointer moves");
    expect(whatIsAt(track("pointer", all), 150, 10)).toBeNull();
    expect(whatIsAt(track("scroll", all), 450, 10)).toBe("Scrolled to 250 px");
    expect(whatIsAt(track("keys", all), 961, 10)).toBe("Backspace, held 70 ms");
    expect(whatIsAt(track("inserted", all), 950, 10)).toBe("Pasted 40 characters");
  });

  it("shows questions where no page is told", () => {
    const questions = tracksOf([at(0, "question_view", { question: "q1" }), at(50, "question_view", { question: "q2" })], [], 80);
    expect(spans("pages", questions)).toEqual([
      { from: 0, to: 50, label: "Question q1", short: "q1" },
      { from: 50, to: 80, label: "Question q2", short: "q2" },
    ]);
  });
});

it("knows the viewport, activities, and what a session was answered with", () => {
  expect(viewportOf(EVENTS)).toEqual({ width: 1280, height: 720 });
  expect(viewportOf([])).toBeNull();
  expect(activityTimes([at(5, "x"), at(1, "y"), { t: null, type: "z", data: {} }])).toEqual([1, 5]);
  expect(pointerKind(EVENTS)).toBe("mouse");
  expect(pointerKind([at(0, "touch"), at(1, "keystroke")])).toBe("touch");
  expect(pointerKind([at(0, "keystroke")])).toBe("keyboard");
  expect(pointerKind([at(0, "device")])).toBe("none");
});
