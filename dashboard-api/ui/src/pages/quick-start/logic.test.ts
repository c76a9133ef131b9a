import { describe, expect, it } from "vitest";
import { misfits } from "@/pages/integrations/setup/contract.testing";
import { withUpdate } from "@/pages/quick-start/LiveFeed";
import { doneSteps, type Facts, stepStates } from "@/pages/quick-start/progress";
import { seeded, simulate } from "@/pages/quick-start/simulate";
import type { SessionUpdate } from "@/live";

const NOTHING: Facts = { keys: 0, gateway: null, hasEvents: false, hasVerdict: false, hasMatched: false };

describe("progress", () => {
  it("begins with the key and goes on as facts hold", () => {
    expect(stepStates(NOTHING)).toEqual({ key: "current", gateway: "later", send: "later", verdict: "later", connect: "later" });
    expect(Object.values(stepStates(null))).not.toContain("current");
    expect(stepStates({ ...NOTHING, keys: 1 }).gateway).toBe("current");
    expect(stepStates({ ...NOTHING, gateway: "https://x" })).toMatchObject({ key: "current", gateway: "done" });
    expect(stepStates({ ...NOTHING, keys: 1, gateway: "https://x", hasEvents: true })).toMatchObject({ send: "done", verdict: "current" });
  });

  it("takes what could not be without a step for that step", () => {
    expect([...doneSteps({ ...NOTHING, hasVerdict: true })].sort()).toEqual(["gateway", "key", "send", "verdict"]);
    expect(doneSteps({ keys: 1, gateway: "https://x", hasEvents: true, hasVerdict: true, hasMatched: true }).size).toBe(5);
  });
});

describe("a simulated session", () => {
  const END = Date.UTC(2026, 10, 22, 9);

  it("fits what the gateway accepts, in order, and ends when it says", () => {
    for (const kind of ["person", "script"] as const) {
      const events = simulate(kind, END, 7);
      expect(misfits(events)).toEqual([]);
      const times = events.map(({ timestamp }) => timestamp);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      expect(times.at(-1)).toBeLessThanOrEqual(END);
      expect(events.length).toBeGreaterThan(20);
    }
  });

  it("is the same for the same seed, and a person's takes longer than a script's", () => {
    expect(simulate("person", END, 7)).toEqual(simulate("person", END, 7));
    expect(simulate("person", END, 7)).not.toEqual(simulate("person", END, 8));
    const span = (kind: "person" | "script") => END - (simulate(kind, END, 7)[0]?.timestamp ?? END);
    expect(span("person")).toBeGreaterThan(5 * span("script"));
    const random = seeded(1);
    for (let draw = 0; draw < 100; draw += 1) {
      const value = random();
      expect(value >= 0 && value < 1).toBe(true);
    }
  });
});

describe("the live feed", () => {
  it("holds one row for each session, the newest on top, and no more than eight", () => {
    const update = (session_id: string, cursor: string) => ({ session_id, cursor }) as SessionUpdate;
    const many = Array.from({ length: 12 }, (_, place) => update(`s${String(place)}`, "1")).reduce<SessionUpdate[]>(withUpdate, []);
    expect(many).toHaveLength(8);
    const again = withUpdate(many, update("s7", "2"));
    expect(again).toHaveLength(8);
    expect(again[0]).toMatchObject({ session_id: "s7", cursor: "2" });
  });
});
