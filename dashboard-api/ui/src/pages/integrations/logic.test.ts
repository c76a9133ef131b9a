import { describe, expect, it } from "vitest";
import { answerSaid, isSessionId, prettyBody, prettyRequest, storedSaid } from "@/pages/integrations/console/steps";
import { integration, reportOf } from "@/pages/integrations/fixtures.testing";
import { explain } from "@/pages/integrations/log/explain";
import { isRotating, standingOf } from "@/pages/integrations/status/standing";
import { viewOf, viewPath, withParameters } from "@/pages/integrations/view";
import { delivery, console_ as words } from "@/strings/integrations";

const notice = (received_at: string) => ({ received_at, kind: "response_completed", event: "x" });

describe("how an integration stands", () => {
  it("is told from what last came", () => {
    expect(standingOf(integration())).toBe("working");
    expect(standingOf(integration({ is_active: false }))).toBe("revoked");
    expect(standingOf(integration({ secrets: 0 }))).toBe("no_secret");
    expect(standingOf(integration({ secrets: 0, platform: "decipher" }))).toBe("working");
    expect(standingOf(integration({ last_received_at: null, last_matched: null }))).toBe("silent");
    expect(standingOf(integration({ last_unmatched: notice("2026-11-21T11:00:00Z") }))).toBe("unmatched");
    expect(standingOf(integration({ last_unmatched: notice("2026-11-21T09:00:00Z") }))).toBe("working");
    expect(standingOf(integration({ last_matched: null, last_noted: notice("2026-11-21T10:00:00Z") }))).toBe("noted_only");
  });

  it("says when two secrets are good", () => {
    expect(isRotating(integration({ secrets: 2 }))).toBe(true);
    expect(isRotating(integration())).toBe(false);
  });
});

describe("what a delivery means", () => {
  it("tells a field that named something else from one that named nothing", () => {
    const unmatched = { outcome: "unmatched", platform: "qualtrics" };
    expect(explain({ ...unmatched, fields: { ResponseEventContext: "x" } })).toBe(delivery.explain.unmatched_named);
    expect(explain({ ...unmatched, fields: {} })).toBe(delivery.explain.unmatched_nothing);
    expect(explain({ ...unmatched, platform: "generic", fields: {} })).toBe(delivery.explain.unmatched);
    expect(explain({ outcome: "of_a_newer_server", platform: "generic", fields: {} })).toBeNull();
  });
});

describe("a test's report", () => {
  it("is good when what must be taken is taken, and what must be refused is refused", () => {
    const refused = { answer: { status: 401, body: "{}", is_cut: false, duration_ms: 3 }, outcome: null, log: "nothing_taken" as const };
    expect(answerSaid(reportOf(), false).tone).toBe("good");
    expect(answerSaid(reportOf(), true)).toEqual({ tone: "bad", text: words.tamperedButTaken });
    expect(answerSaid(reportOf(refused), true)).toEqual({ tone: "good", text: words.refusedAsWanted });
    expect(answerSaid(reportOf(refused), false).tone).toBe("bad");
    expect(answerSaid(reportOf({ outcome: "unmatched" }), false).tone).toBe("warn");
    expect(answerSaid(reportOf({ answer: null, problem: "timed_out", outcome: null }), false).text).toBe(words.problems["timed_out"]);
    expect(storedSaid(reportOf({ log: "not_yet" })).tone).toBe("warn");
  });

  it("shows bodies as people read them", () => {
    expect(prettyBody('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyBody("not json")).toBe("not json");
    expect(prettyRequest("Topic=a&MSG=%7B%7D", [{ name: "Content-Type", value: "application/x-www-form-urlencoded" }])).toBe("Topic: a\nMSG: {}");
  });

  it("knows a session's id", () => {
    expect(isSessionId("01990000-0000-7000-8000-00000000abcd")).toBe(true);
    expect(isSessionId("SV_1")).toBe(false);
  });
});

describe("the address", () => {
  it("names the part that is shown", () => {
    expect(viewOf(new URLSearchParams("view=console"))).toBe("console");
    expect(viewOf(new URLSearchParams("view=nothing"))).toBe("status");
    expect(viewPath("log", { outcome: "noted" })).toBe("/integrations?view=log&outcome=noted");
    expect(withParameters(new URLSearchParams("a=1&b=2"), { a: null, c: "3" }).toString()).toBe("b=2&c=3");
  });
});
