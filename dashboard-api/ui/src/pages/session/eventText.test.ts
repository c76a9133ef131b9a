import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "@/pages/session/eventLog";
import { eventText, filterEvents } from "@/pages/session/eventText";

const at = (type: string, data: Record<string, unknown> = {}): LoggedEvent => ({ t: 0, type, data });
const say = (type: string, data: Record<string, unknown> = {}) => Object.values(eventText(at(type, data))).join(": ");

describe("eventText", () => {
  it("says what happened with its telling numbers", () => {
    expect(say("click", { x: 10.4, y: 20, hold: 82.3, trusted: false, button: "left" })).toBe("Click: at 10, 20 · held 82 ms · made by script");
    expect(say("keystroke", { key: "backspace", action: "down" })).toBe("Backspace down: ");
    expect(say("question_answer", { question: "Q7", kind: "single", option: 2, options: 5, duration: 1740 })).toBe(
      "Question answered: Q7 · single · option 3 of 5 · after 1.7 s",
    );
    expect(say("paste", { length: 66, source: "insertion" })).toBe("Text inserted: 66 characters · insertion");
    expect(say("scroll", { dy: -100 })).toBe("Scrolled: by -100 px");
    expect(say("honeypot", { trap: "email2", filled: true })).toBe("Hidden field: email2 · filled");
    expect(say("device", { browser: "firefox", webdriver: false, cores: 8 })).toBe("Device: browser firefox · cores 8");
    expect(say("panel_step", {})).toBe("Panel step: ");
  });
});

it("filters by what is looked for", () => {
  const events = [at("mouse_move"), at("page_view"), at("keystroke"), at("focus"), at("panel_step"), at("touch", { phase: "start" }), at("touch", { phase: "end" })];
  expect(filterEvents(events, "all")).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(filterEvents(events, "notable")).toEqual([1, 3, 4, 5]);
  expect(filterEvents(events, "keys")).toEqual([2]);
});
