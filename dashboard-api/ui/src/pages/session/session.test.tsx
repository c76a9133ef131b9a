import { act, configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Schemas } from "@/api/client";
import type { SessionUpdate } from "@/live/messages";
import SessionPage from "@/pages/session";
import { anEvent, aReason, aSession, aVerdict, SESSION_ID, someDetails, THRESHOLDS } from "@/pages/session/fixtures";
import { mockApi, problem, renderPage, reply, type Request } from "@/test/render";

const BASE = `/api/v1/dashboard/sessions/${SESSION_ID}`;
const EVENTS = [
  anEvent(0, "device", { viewport_width: 1280, viewport_height: 720 }),
  anEvent(0, "page_view", { page: "p1" }),
  anEvent(1000, "click", { x: 10, y: 10 }),
  anEvent(2000, "click", { x: 900, y: 500, hold: 2 }),
  anEvent(2500, "paste", { length: 40, source: "insertion" }),
];
const trail = (more: Partial<Schemas["ReviewTrail"]> = {}): Schemas["ReviewTrail"] => ({ session_id: SESSION_ID, label: null, trail: [], ...more });
const entry = (label: Schemas["Label"], note: string | null = null) => ({ id: 1, label, note, actor: "bootstrap", created_at: "2026-09-21T15:00:00Z" });

const answers = (more: Record<string, unknown> = {}) => ({
  [`GET ${BASE}/details`]: someDetails(),
  [`GET ${BASE}/events`]: { events: EVENTS, next_cursor: null },
  [`GET ${BASE}/pointer`]: { points: [{ t: 0, x: 10, y: 10, type: "mouse_move" }, { t: 2000, x: 900, y: 500, type: "click" }], positions: 2, complete: true },
  [`GET ${BASE}/typing`]: { keys: [], pressed: 0, by_class: {}, dwell: null, flight: null, complete: true },
  [`GET ${BASE}/similar`]: { sessions: [], next_cursor: null },
  [`GET /api/v1/reviews/${SESSION_ID}`]: trail(),
  "GET /api/v1/rulesets": { rulesets: [{ version: "builtin-1", thresholds: THRESHOLDS }], next_cursor: null, thresholds: [] },
  ...more,
});

const open = (search = "") => renderPage(<SessionPage />, { path: "/sessions/:id", at: `/sessions/${SESSION_ID}${search}` });
const card = (name: string) => screen.findByRole("region", { name });

// A whole page on a busy machine takes its time.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe() { /* no layout */ } unobserve() { /* no layout */ } disconnect() { /* no layout */ } });
});

describe("the verdict", () => {
  it("says how risky, why, how sure, and what would change it", async () => {
    mockApi(answers());
    open();
    const verdict = await card("Verdict");
    expect(await within(verdict).findByText("One reason alone would make it critical risk:", { exact: false })).toBeTruthy();
    expect(within(verdict).getByText("Had enough data and found nothing: Timing. That proves no person.")).toBeTruthy();
    expect(within(verdict).getByText("If pointer were wrong altogether (1 reason): 5%, low risk.")).toBeTruthy();
    expect(within(verdict).getByText("Too little data: Focus and tabs. More of it could have spoken for automation.")).toBeTruthy();
    expect(within(verdict).getByRole("meter", { name: "Calibrated probability of automation" }).getAttribute("aria-valuetext")).toBe("92%, critical risk");
    const reasons = await card("Reasons");
    expect(within(reasons).getByText("22 of 22 moves were not made by a hand.")).toBeTruthy();
    expect(within(reasons).getByText("Strong: enough alone")).toBeTruthy();
    const methods = await card("Methods");
    expect(within(methods).getByText("Too little data")).toBeTruthy();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toContain(SESSION_ID);
  });

  it("says that too little was seen, and never that it was a person", async () => {
    const verdict = aVerdict({ class: "insufficient_data", confidence_score: 0.05, risk_level: "LOW", reasons: [], method_scores: {}, is_bot: false, data_sufficiency: { sufficient: false, judged: [], too_little: [], absent: ["mouse"] } });
    mockApi(answers({ [`GET ${BASE}/details`]: someDetails({ session: aSession({ verdict, effective_risk: "LOW" }) }) }));
    open();
    expect(await screen.findByText("Too little was seen to say who answered. This is not a sign of a person, nor of a bot.")).toBeTruthy();
    expect(screen.getByText("No reason was found")).toBeTruthy();
    expect(screen.getByText("No test spoke for automation, so there is nothing that carries the score.")).toBeTruthy();
  });

  it("goes on without limits when rulesets cannot be read", async () => {
    mockApi(answers({ "GET /api/v1/rulesets": problem(503, "starting", "Starting") }));
    open();
    expect(await screen.findByText("The limits of this ruleset are not known here.")).toBeTruthy();
    expect(screen.getByText("How the score would change", { exact: false })).toBeTruthy();
  });

  it("tells when other sessions raise the risk, and leads to them", async () => {
    const verdict = aVerdict({ confidence_score: 0.02, risk_level: "LOW", reasons: [], class: "human", is_bot: false });
    const finding = { kind: "device", fingerprint: "ab12", sessions: 6, first_at: "2026-09-21T12:00:00Z", last_at: "2026-09-21T14:00:00Z", score: 0.9, risk_level: "CRITICAL" as const, code: "coordination.same_device", text: "6 sessions came from one device.", evidence: { sessions: 6 }, other_sessions: [] };
    mockApi(answers({ [`GET ${BASE}/details`]: someDetails({ session: aSession({ verdict, effective_risk: "CRITICAL", finding_count: 1 }), findings: [finding] }) }));
    open();
    expect(await screen.findByText("raises it to critical", { exact: false })).toBeTruthy();
    expect(screen.getByText("6 sessions came from one device.")).toBeTruthy();
    expect(screen.getByRole("link", { name: /See its sessions/ }).getAttribute("href")).toContain("campaign=device%3Aab12");
  });
});

describe("the replay", () => {
  it("shows where a reason can be seen, and keeps it in the address", async () => {
    mockApi(answers());
    const { location } = open();
    await userEvent.click(await screen.findByRole("button", { name: /Show in replay/ }));
    expect(location().search).toContain("reason=mouse.teleport");
    expect(await screen.findByText("Shown: 22 of 22 moves were not made by a hand.")).toBeTruthy();
    expect(screen.getByRole("slider", { name: "Time in the session" }).getAttribute("aria-valuetext")).toBe("0:02 of 0:02, Page p1");
    await waitFor(() => expect(location().search).toContain("t=2"));
  });

  it("begins where the address says, and moves by keys and by rows of events", async () => {
    mockApi(answers());
    open("?t=1");
    const slider = await screen.findByRole("slider", { name: "Time in the session" });
    await waitFor(() => expect(slider.getAttribute("aria-valuenow")).toBe("1"));
    act(() => slider.focus());
    await userEvent.keyboard("{ArrowRight}");
    expect(slider.getAttribute("aria-valuenow")).toBe("2");
    await userEvent.keyboard("{Home}");
    expect(slider.getAttribute("aria-valuenow")).toBe("0");
    await userEvent.click(await screen.findByRole("button", { name: /0:01\.0 Click.*go there/ }));
    expect(slider.getAttribute("aria-valuenow")).toBe("1");
    // Time stands still, or the session would be over before a slow machine has looked.
    vi.spyOn(globalThis, "requestAnimationFrame").mockReturnValue(0);
    await userEvent.click(screen.getByRole("button", { name: "Play" }));
    expect(await screen.findByRole("button", { name: "Pause" })).toBeTruthy();
  });

  it("filters events, by the address too", async () => {
    mockApi(answers());
    const { location } = open("?events=inserted");
    expect(await screen.findByText("1 of 5")).toBeTruthy();
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Show" }), "all");
    expect(screen.getByText("5 of 5")).toBeTruthy();
    expect(location().search).toContain("events=all");
  });

  it("says what is not there", async () => {
    mockApi(answers({ [`GET ${BASE}/events`]: { events: [], next_cursor: null }, [`GET ${BASE}/pointer`]: { points: [], positions: 0, complete: true } }));
    open();
    expect(await screen.findByText("No events are stored")).toBeTruthy();
  });

  it("says that a session was answered by touch", async () => {
    const touches = [anEvent(0, "page_view", { page: "p1" }), anEvent(10, "touch", { phase: "start" })];
    mockApi(answers({ [`GET ${BASE}/events`]: { events: touches, next_cursor: null }, [`GET ${BASE}/pointer`]: { points: [], positions: 0, complete: true } }));
    open();
    expect(await screen.findByText("Answered by touch", { exact: false })).toBeTruthy();
  });

  it("fails alone", async () => {
    mockApi(answers({ [`GET ${BASE}/pointer`]: problem(500, "internal", "Something broke"), [`GET ${BASE}/typing`]: problem(500, "internal", "Something broke") }));
    open();
    expect(await card("Verdict")).toBeTruthy();
    expect((await screen.findAllByText(/Something broke/)).length).toBeGreaterThan(0);
  });
});

describe("the decision", () => {
  it("is shown at once, told to the server, and can be taken back", async () => {
    const requests = mockApi(
      answers({
        [`PUT /api/v1/reviews/${SESSION_ID}`]: ({ body }: Request) => {
          const { label } = body as { label: Schemas["Label"] };
          return trail({ label: label === "cleared" ? null : label, trail: [entry(label)] });
        },
      }),
    );
    open();
    await screen.findByText("Nobody has labelled this session.");
    await userEvent.click(screen.getByRole("button", { name: "Bot" }));
    expect(screen.getByRole("button", { name: "Bot" }).getAttribute("aria-pressed")).toBe("true");
    await userEvent.click(await screen.findByRole("button", { name: "Add a note" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Note" }), "teleports");
    await userEvent.click(screen.getByRole("button", { name: "Save note" }));
    await userEvent.click(await screen.findByRole("button", { name: "Take back" }));
    await waitFor(() => expect(screen.getByRole("button", { name: "Bot" }).getAttribute("aria-pressed")).toBe("false"));
    const said = requests.filter(({ method }) => method === "PUT").map(({ body }) => body);
    expect(said).toEqual([{ label: "bot" }, { label: "bot", note: "teleports" }, { label: "cleared" }]);
  });

  it("goes back to what it was when the server refuses", async () => {
    mockApi(answers({ [`PUT /api/v1/reviews/${SESSION_ID}`]: problem(403, "scope_missing", "This key may not label") }));
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Human" }));
    await waitFor(() => expect(screen.getByRole("button", { name: "Human" }).getAttribute("aria-pressed")).toBe("false"));
  });
});

describe("analysing now", () => {
  it("says what came of it", async () => {
    const verdict = aVerdict({ confidence_score: 0.95 });
    mockApi(answers({ [`POST /api/v1/detection/sessions/${SESSION_ID}/analyze`]: { session_id: SESSION_ID, status: "active", is_final: false, request_id: "r", verdict } }));
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Analyse now" }));
    expect(await screen.findByText("Judged now: 95%, critical risk. The score went from 92% to 95%.")).toBeTruthy();
  });

  it("says that a verdict is on its way, that it stays, and that it failed", async () => {
    const replies = [
      reply(202, { session_id: SESSION_ID, request_id: "r", poll: "/x" }),
      reply(200, { session_id: SESSION_ID, status: "completed", is_final: true, request_id: null, verdict: aVerdict() }),
      problem(503, "kafka_unavailable", "Kafka cannot be reached"),
    ];
    mockApi(answers({ [`POST /api/v1/detection/sessions/${SESSION_ID}/analyze`]: () => replies.shift() }));
    open();
    const button = await screen.findByRole("button", { name: "Analyse now" });
    await userEvent.click(button);
    expect(await screen.findByText(/on its way/)).toBeTruthy();
    await userEvent.click(button);
    expect(await screen.findByText(/its stored verdict stays/)).toBeTruthy();
    await userEvent.click(button);
    expect(await screen.findByText("It could not be analysed: Kafka cannot be reached")).toBeTruthy();
  });
});

const update: SessionUpdate = {
  type: "session_updated",
  cursor: "c",
  session_id: SESSION_ID,
  status: "active",
  window: 120,
  revision: { offset: 161, phase: "running" },
  created_at: "2026-09-21T14:13:20Z",
  updated_at: "2026-09-21T14:20:01Z",
  risk_changed: false,
};

describe("a session that goes on", () => {
  it("is read again when the feed tells of it, and of no other", async () => {
    let events = EVENTS;
    const requests = mockApi(answers({ [`GET ${BASE}/events`]: () => ({ events, next_cursor: null }) }));
    const { send } = open("?events=all");
    expect(await screen.findByText("5 of 5")).toBeTruthy();
    const reads = () => requests.filter(({ path }) => path === `${BASE}/details`).length;
    send({ ...update, session_id: "019fec61-7c00-7a3e-8b3a-000000000000" });
    await new Promise((done) => setTimeout(done, 400));
    expect(reads()).toBe(1);
    events = [...EVENTS, anEvent(4000, "blur")];
    send(update);
    expect(await screen.findByText("6 of 6")).toBeTruthy();
    expect(reads()).toBeGreaterThan(1);
  });

  it("waits for a session that is not stored yet", async () => {
    const pending = aSession({ status: "pending", verdict: null, effective_risk: null, effective_score: null, window_count: 0, event_count: 0, is_final: false, is_completed: false });
    mockApi(answers({ [`GET ${BASE}/details`]: someDetails({ session: pending, windows: [] }), [`GET ${BASE}/events`]: { events: [], next_cursor: null } }));
    open();
    expect(await screen.findByText("Nothing of this session is stored yet")).toBeTruthy();
    expect(await screen.findByText("No events yet")).toBeTruthy();
  });
});

describe("what cannot be shown", () => {
  it("is a session that does not exist", async () => {
    mockApi({ [`GET ${BASE}/details`]: problem(404, "unknown_session", "Unknown session") });
    open();
    expect(await screen.findByText("There is no such session")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Go to sessions" }).getAttribute("href")).toBe("/sessions");
  });

  it("is tried again when it may succeed", async () => {
    let isUp = false;
    mockApi(answers({ [`GET ${BASE}/details`]: () => (isUp ? someDetails({ session: aSession({ verdict: aVerdict({ reasons: [aReason("device.webdriver", 0.95)] }) }) }) : problem(503, "database_unavailable", "The database is away")) }));
    open();
    const retry = await screen.findByRole("button", { name: "Try again" });
    isUp = true;
    await userEvent.click(retry);
    expect(await card("Verdict")).toBeTruthy();
  });
});
