import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "@/pages/session/eventLog";
import { hasMoments, momentsOf } from "@/pages/session/moments";

const at = (t: number | null, type: string, data: Record<string, unknown> = {}): LoggedEvent => ({ t, type, data });
const click = (t: number, x: number, y: number, data: Record<string, unknown> = {}) => at(t, "click", { x, y, ...data });
const move = (t: number) => at(t, "mouse_move", { x: 0, y: 0 });

describe("momentsOf", () => {
  it("finds presses far away that no movement led to", () => {
    const events = [click(0, 10, 10), click(50, 400, 400), move(60), move(70), click(80, 10, 10), click(90, 12, 12)];
    expect(momentsOf("mouse.teleport", events)).toEqual([50]);
  });

  it("finds instant presses by hold, or by press and release", () => {
    const events = [
      click(0, 1, 1, { hold: 3 }),
      at(100, "pointer", { phase: "down", x: 1, y: 1 }),
      at(102, "pointer", { phase: "up", x: 1, y: 1 }),
      click(102, 1, 1),
      click(500, 1, 1, { hold: 80 }),
      click(900, 1, 1),
    ];
    expect(momentsOf("mouse.instant_press", events)).toEqual([0, 102]);
  });

  it("finds exact centres that the pointer moved to, and the same pixel again", () => {
    const centred = { offset_x: 0, offset_y: 0, target_width: 20, target_height: 20 };
    const events = [move(0), click(1, 5, 5, centred), click(2, 500, 5, { ...centred, offset_x: 4 }), click(3, 5, 5, centred)];
    expect(momentsOf("mouse.centred_clicks", events)).toEqual([1]);
    expect(momentsOf("mouse.repeated_places", events)).toEqual([3]);
  });

  it("finds presses on a hidden page and pastes soon after coming back", () => {
    const events = [
      at(0, "visibility", { state: "hidden" }),
      at(5, "keystroke", { key: "letter" }),
      at(10, "visibility", { state: "visible" }),
      at(20, "paste", { length: 40 }),
      at(21, "paste", { length: 40, source: "autofill" }),
      at(9000, "paste", { length: 40 }),
    ];
    expect(momentsOf("focus.acted_while_hidden", events)).toEqual([5]);
    expect(momentsOf("focus.left_then_pasted", events)).toEqual([20]);
    expect(momentsOf("answers.inserted_texts", events)).toEqual([20, 9000]);
  });

  it("finds answers given faster than can be read, and the longest run of one column", () => {
    const answer = (t: number, column: number) => at(t, "question_answer", { kind: "grid", column });
    const events = [
      at(0, "question_view", { text_length: 600 }),
      answer(1000, 1),
      at(1000, "question_view", { text_length: 60 }),
      answer(3000, 2),
      answer(3100, 2),
      answer(3200, 3),
    ];
    expect(momentsOf("answers.speeding", events)).toEqual([1000]);
    expect(momentsOf("answers.straight_line", events)).toEqual([3000, 3100]);
  });

  it("finds events made by script, clicks after thought, typing, jumps and a clock that goes back", () => {
    const events = [
      at(0, "scroll", { dy: 1500, trusted: false }),
      click(3000, 1, 1),
      at(4000, "keystroke"),
      at(4500, "keystroke"),
      at(9000, "keystroke"),
      at(2000, "honeypot", { filled: true }),
      at(null, "click", { x: 1, y: 1 }),
    ];
    expect(momentsOf("scroll.untrusted", events)).toEqual([0]);
    expect(momentsOf("scroll.jumps", events)).toEqual([0]);
    expect(momentsOf("timing.think_act_rhythm", events)).toEqual([3000]);
    expect(momentsOf("keystroke.independent", events)).toEqual([4000, 9000]);
    expect(momentsOf("answers.honeypot", events)).toEqual([2000]);
    expect(momentsOf("timing.clock_backwards", events)).toEqual([2000]);
  });

  it("has none for what only many events together show", () => {
    expect([hasMoments("mouse.too_regular"), hasMoments("model.trees"), hasMoments("mouse.teleport")]).toEqual([false, false, true]);
    expect(momentsOf("mouse.too_regular", [click(0, 1, 1)])).toEqual([]);
  });
});
