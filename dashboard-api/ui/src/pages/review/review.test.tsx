import { configure, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { Toaster } from "sonner";
import type { LiveMessage } from "@/live/messages";
import { mockApi, problem, renderPage, type Request } from "@/test/render";
import Page from "./index";
import type { Details, QueueItem, Trail } from "./queries";

// Machines that build at the same time are slow.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 60_000 });

const IDS = ["019a0000-0000-7000-8000-00000000000a", "019a0000-0000-7000-8000-00000000000b", "019a0000-0000-7000-8000-00000000000c"] as const;
const QUEUE = "GET /api/v1/reviews/queue";
const AT = "2026-11-20T10:00:00Z";

const item = (id: string): QueueItem => ({
  session_id: id,
  status: "completed",
  created_at: AT,
  survey_id: "panel",
  event_count: 120,
  class: "scripted_bot",
  effective_risk: "HIGH",
  effective_score: 0.91,
  first_reason: "The pointer moved in straight lines.",
});

function details(id: string): Details {
  const verdict = {
    is_bot: true,
    confidence_score: 0.91,
    risk_level: "HIGH",
    class: "scripted_bot",
    method_scores: { mouse: 0.9 },
    reasons: [{ code: "straight", method: "mouse", weight: 0.8, evidence: { path_efficiency: 0.998 }, text: "Paths are straight." }],
    recommended_action: "review",
    event_count: 120,
    processing_time_ms: 1,
    versions: { ruleset: "builtin-1", model: "none" },
    data_sufficiency: { sufficient: true, judged: ["mouse"], too_little: ["keystroke"], absent: ["scroll"] },
    summary: "Looks automated.",
    window: 1,
    revision: { generation: 0, offset: 1, phase: "final" },
    judged_at: AT,
  } as const;
  return {
    session: { session_id: id, status: "completed", is_completed: true, is_final: true, created_at: AT, survey_id: "panel", event_count: 120, window_count: 1, effective_risk: "HIGH", effective_score: 0.91, finding_count: 0, verdict },
    windows: [],
    revisions: [],
    findings: [],
    event_counts: {},
    event_counts_complete: true,
    timeline: { events: [] },
  } as unknown as Details;
}

const trail = (id: string, label: Trail["label"] = null): Trail => ({ session_id: id, label, trail: [] });
const idOf = (request: Request) => request.path.split("/").at(-1) ?? "";

/** A server with a queue; what was written is in `requests`. */
function serve(ids: readonly string[] = IDS, more: Parameters<typeof mockApi>[0] = {}) {
  return mockApi({
    [QUEUE]: { sessions: ids.map(item), next_cursor: null, partial: false },
    "GET /api/v1/app": { scopes: ["verdicts:read", "reviews:write"] },
    "GET /api/v1/dashboard/surveys": { surveys: [], partial: false, from: AT, to: AT },
    "GET /api/v1/dashboard/sessions/*": (request: Request) => details(request.path.split("/").at(-2) ?? ""),
    "GET /api/v1/reviews/*": (request: Request) => trail(idOf(request)),
    "PUT /api/v1/reviews/*": (request: Request) => trail(idOf(request), (request.body as { label: "bot" }).label),
    ...more,
  });
}

const written = (requests: Request[]) =>
  requests.filter(({ method }) => method !== "GET").map((request) => [request.method, idOf(request).slice(-1), request.body]);

const show = (at = "/review") =>
  renderPage(
    <>
      <Page />
      <Toaster />
    </>,
    { at, path: "/review" },
  );

const shown = async (id: string) => {
  await waitFor(() => expect(screen.getByRole("button", { name: new RegExp(`^Review session ${id}`) }).getAttribute("aria-current")).toBe("true"));
};

it("labels sessions one after the other with the keyboard", async () => {
  const requests = serve();
  const { location } = show();
  expect(await screen.findByText("Paths are straight.")).toBeTruthy();
  await userEvent.keyboard("b");
  await shown(IDS[1]);
  expect(new URLSearchParams(location().search).get("session")).toBe(IDS[1]);
  await userEvent.keyboard("j");
  await shown(IDS[2]);
  await userEvent.keyboard("h");
  await shown(IDS[1]);
  await waitFor(() => expect(written(requests)).toEqual([["PUT", "a", { label: "bot" }], ["PUT", "c", { label: "human" }]]));
  expect(screen.getByText("2 labelled in this sitting, 1 to go")).toBeTruthy();
  await userEvent.keyboard("u");
  expect(await screen.findByText("The queue is done")).toBeTruthy();
});

it("labels one session while a key is held down", async () => {
  const requests = serve();
  show();
  await screen.findByText("Paths are straight.");
  fireEvent.keyDown(document.body, { key: "b" });
  for (let repeat = 0; repeat < 3; repeat += 1) fireEvent.keyDown(document.body, { key: "b", repeat: true });
  await waitFor(() => expect(written(requests)).toHaveLength(1));
  expect(screen.getByText("1 labelled in this sitting, 2 to go")).toBeTruthy();
});

it("sends the note that was written, in which letters are letters", async () => {
  const requests = serve();
  show();
  await screen.findByText("Paths are straight.");
  await userEvent.keyboard("n");
  await userEvent.keyboard("hub of bots{Escape}b");
  await waitFor(() => expect(written(requests)).toEqual([["PUT", "a", { label: "bot", note: "hub of bots" }]]));
});

it("takes a label back and returns to its session", async () => {
  const requests = serve();
  show();
  await screen.findByText("Paths are straight.");
  await userEvent.keyboard("b");
  await shown(IDS[1]);
  await userEvent.keyboard("z");
  await shown(IDS[0]);
  await waitFor(() => expect(written(requests)).toEqual([["PUT", "a", { label: "bot" }], ["PUT", "a", { label: "cleared" }]]));
  expect(screen.getByText("0 labelled in this sitting, 3 to go")).toBeTruthy();
});

it("takes the label back by itself when it was not saved, and says why", async () => {
  serve(IDS, { "PUT /api/v1/reviews/*": problem(403, "scope_missing", "A scope is missing", "The key lacks reviews:write.") });
  show();
  await screen.findByText("Paths are straight.");
  await userEvent.click(screen.getByRole("button", { name: /^Bot/ }));
  expect(await screen.findByText("The key lacks reviews:write.")).toBeTruthy();
  expect(screen.getByText("0 labelled in this sitting, 3 to go")).toBeTruthy();
});

it("lets those who may not label look, and says why", async () => {
  const requests = serve(IDS, { "GET /api/v1/app": { scopes: ["verdicts:read"] } });
  show();
  await screen.findByText("Paths are straight.");
  expect(await screen.findByText(/needs the scope reviews:write/)).toBeTruthy();
  await userEvent.keyboard("b");
  expect(written(requests)).toEqual([]);
});

it("labels many at once and tells what could not be found", async () => {
  const outcomes = IDS.map((session_id, index) => ({ session_id, outcome: index === 2 ? "unknown_session" : "labelled" }));
  const requests = serve(IDS, { "POST /api/v1/reviews/bulk": { outcomes } });
  show();
  await userEvent.click(await screen.findByRole("checkbox", { name: "Select all loaded" }));
  const bulk = screen.getByRole("group", { name: "Label the selected sessions" });
  await userEvent.click(within(bulk).getByRole("button", { name: "Unsure" }));
  await waitFor(() => expect(written(requests)).toEqual([["POST", "k", { session_ids: [...IDS], label: "unsure" }]]));
  expect(await screen.findByText("1 session could not be found and is not labelled.")).toBeTruthy();
  expect(screen.getByText("2 labelled in this sitting, 1 to go")).toBeTruthy();
});

it("opens the session of the address, and says that a colleague was faster", async () => {
  serve(IDS, { "GET /api/v1/reviews/*": (request: Request) => trail(idOf(request), "human") });
  show(`/review?session=${IDS[1]}`);
  await shown(IDS[1]);
  expect(await screen.findByText(/Somebody has labelled this session: Human/)).toBeTruthy();
});

it("keeps filters in the address and asks with them", async () => {
  const requests = serve();
  show("/review?risk=MEDIUM&survey=panel&range=7d");
  await screen.findByText("Paths are straight.");
  const { query } = requests.find(({ path }) => path === "/api/v1/reviews/queue")!;
  expect([query.get("risk"), query.get("survey"), query.has("from"), query.has("to")]).toEqual(["MEDIUM", "panel", true, false]);
});

it("says how many came in meanwhile, and reads them when asked to", async () => {
  const requests = serve();
  const { send } = show();
  await screen.findByText("Paths are straight.");
  const message = {
    type: "analysis_complete",
    cursor: "c",
    session_id: "019a0000-0000-7000-8000-00000000000d",
    status: "completed",
    window: 1,
    revision: { offset: 1, phase: "final" },
    created_at: AT,
    updated_at: AT,
    risk_changed: false,
    verdict: { is_bot: true, confidence_score: 0.9, risk_level: "HIGH", class: "scripted_bot", recommended_action: "review", event_count: 1, summary: "" },
  } satisfies LiveMessage;
  send(message);
  send({ ...message, session_id: IDS[0] });
  send({ ...message, session_id: "other", verdict: { ...message.verdict, risk_level: "LOW" } });
  await userEvent.click(await screen.findByRole("button", { name: "1 session came in. Read the queue again" }));
  await waitFor(() => expect(requests.filter(({ path }) => path === "/api/v1/reviews/queue")).toHaveLength(2));
});

it("goes on by itself when a page found too few, and ends", async () => {
  const requests = serve([], {
    [QUEUE]: (request: Request) =>
      request.query.has("cursor") ? { sessions: IDS.map(item), partial: false } : { sessions: [], next_cursor: "on", partial: true },
  });
  show();
  expect(await screen.findByText("Paths are straight.")).toBeTruthy();
  expect(requests.filter(({ path }) => path === "/api/v1/reviews/queue")).toHaveLength(2);
});

it("says that there is nothing to review, and shows what failed", async () => {
  serve([]);
  const { unmount } = show();
  expect(await screen.findByText("Nothing to review")).toBeTruthy();
  unmount();
  serve([], { [QUEUE]: problem(503, "database_unavailable", "The database is away") });
  show();
  expect(await screen.findByText("The database is away")).toBeTruthy();
});
