import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SessionUpdate } from "@/live";
import { SESSION, statusOf } from "@/pages/integrations/fixtures.testing";
import { forget } from "@/pages/integrations/setup/memory";
import Page from "@/pages/quick-start";
import { mockApi, problem, renderPage, reply } from "@/test/render";

const STATUS = "GET /api/v1/integrations/status";
const SESSIONS = "GET /api/v1/dashboard/sessions";
const STATE = `GET /api/v1/detection/sessions/${SESSION}/status`;
const APP = "GET /api/v1/app";

const noKeys = statusOf({ integrations: [], publishable_keys: [] });
const oneKey = statusOf({ integrations: [] });
const app = (gateway_url: string | null) => ({ actor: "bootstrap", organisation: "acme", gateway_url, scopes: [], version: "0.1.0" });
const item = (change: object = {}) => ({ session_id: SESSION, status: "active", event_count: 5, finding_count: 0, ...change });
const verdict = { risk_level: "LOW", class: "human", summary: "Looks human.", reasons: [{ text: "The pointer moves as hands do." }] };
const state = (change: object = {}) => ({ session_id: SESSION, status: "completed", event_count: 120, is_final: true, ...change });

// Pages of many parts draw slowly on a busy machine; what is waited for comes, or the test says so a little later.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 60_000 });
afterEach(forget);

/** The step of that name, as assistive technology finds it. */
const step = (name: string) => screen.findByRole("listitem", { name });

describe("quick start", () => {
  it("begins with the key in an empty installation", async () => {
    mockApi({ [STATUS]: noKeys, [SESSIONS]: { sessions: [], partial: false }, [APP]: app(null) });
    renderPage(<Page />, { at: "/quick-start" });
    expect(await screen.findByText("0 of 5 steps done")).toBeTruthy();
    const first = await step("Make a publishable key");
    expect(first.getAttribute("aria-current")).toBe("step");
    expect(within(first).getByText(/candor keys create --organisation acme --kind publishable --mode test/)).toBeTruthy();
  });

  it("is where the server says, also after a reload", async () => {
    mockApi({ [STATUS]: oneKey, [SESSIONS]: { sessions: [item({ effective_risk: "HIGH", class: "scripted_bot", first_reason: "It says so." })] }, [APP]: app("https://in.example.org") });
    renderPage(<Page />, { at: "/quick-start" });
    expect(await screen.findByText("4 of 5 steps done")).toBeTruthy();
    const verdictStep = await step("See the verdict arrive");
    expect(within(verdictStep).getByText("It says so.")).toBeTruthy();
    expect(within(verdictStep).getByRole("link", { name: "Open the session" }).getAttribute("href")).toBe(`/sessions/${SESSION}`);
    expect((await step("Connect a survey platform")).getAttribute("aria-current")).toBe("step");
  });

  it("goes on by itself when something happens", async () => {
    let sessions: object[] = [];
    mockApi({ [STATUS]: oneKey, [SESSIONS]: () => ({ sessions }), [APP]: app("https://in.example.org") });
    const { send } = renderPage(<Page />, { at: "/quick-start" });
    expect(await screen.findByText("2 of 5 steps done")).toBeTruthy();
    sessions = [item()];
    const update = { type: "session_updated", cursor: "c", session_id: SESSION, survey_id: "SV_1", status: "active", updated_at: new Date().toISOString(), revision: { offset: 1, phase: "running" } };
    send(update as unknown as SessionUpdate);
    expect(await screen.findByText("3 of 5 steps done")).toBeTruthy();
    expect(within(screen.getByRole("list", { name: "Newest messages" })).getByText("SV_1")).toBeTruthy();
  });

  it("sends a session through the gateway of this origin and follows it to its verdict", async () => {
    const sessions = "POST /api/v1/detection/sessions";
    const requests = mockApi({
      [STATUS]: oneKey,
      [SESSIONS]: { sessions: [] },
      [APP]: app(location.origin),
      [sessions]: reply(201, { session_id: SESSION, ingest_token: "it_1", expires_at: "2026-11-23T00:00:00Z", status: "active" }),
      [`${sessions}/${SESSION}/events`]: ({ body }: { body: unknown }) =>
        reply(202, { accepted: (body as { events: unknown[] }).events.length, rejected: [], batch_id: "b" }),
      [`${sessions}/${SESSION}/complete`]: { session_id: SESSION, status: "completed" },
      [STATE]: state({ effective_risk: "LOW", verdict }),
    });
    const person = userEvent.setup();
    const { location: at, send } = renderPage(<Page />, { at: "/quick-start" });
    const field = await screen.findByRole("textbox", { name: "Publishable key" });
    await person.click(field);
    await person.paste("pk_test_abcdwxyz");
    await person.click(await screen.findByRole("button", { name: "Send a simulated session" }));
    expect(await screen.findByText("The pointer moves as hands do.")).toBeTruthy();
    expect(new URLSearchParams(at().search).get("session")).toBe(SESSION);
    const final = { type: "analysis_complete", cursor: "c", session_id: SESSION, status: "completed", updated_at: new Date().toISOString(), verdict: { risk_level: "LOW" }, revision: { offset: 9, phase: "final" } };
    send(final as unknown as SessionUpdate);
    expect(await screen.findByText(/^The verdict was here /)).toBeTruthy();
    const posts = requests.filter(({ method }) => method === "POST");
    expect(posts[0]?.headers.get("authorization")).toBe("Bearer pk_test_abcdwxyz");
    expect(posts[0]?.body).toMatchObject({ platform: "web", survey_id: "quick-start" });
    expect(posts.at(-1)?.path).toBe(`/api/v1/detection/sessions/${SESSION}/complete`);
    const batches = posts.slice(1, -1);
    expect(batches.every(({ headers }) => headers.get("authorization") === "Bearer it_1")).toBe(true);
    expect(batches.map(({ body }) => (body as { sequence: number }).sequence)).toEqual(batches.map((_, place) => place));
  });

  it("says why the gateway refused, in words", async () => {
    mockApi({
      [STATUS]: oneKey,
      [SESSIONS]: { sessions: [] },
      [APP]: app(location.origin),
      "POST /api/v1/detection/sessions": problem(403, "origin_refused", "The page's origin is not admitted."),
    });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/quick-start" });
    await person.click(await screen.findByRole("textbox", { name: "Publishable key" }));
    await person.paste("pk_test_abcdwxyz");
    await person.click(await screen.findByRole("button", { name: "Send a simulated session" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Use a key without origins");
  });

  it("offers curl when the gateway is somewhere else", async () => {
    mockApi({ [STATUS]: oneKey, [SESSIONS]: { sessions: [] }, [APP]: app("https://in.example.org") });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/quick-start" });
    expect(await screen.findByText(/GATEWAY=https:\/\/in\.example\.org/)).toBeTruthy();
    await person.click(screen.getByRole("radio", { name: "From this browser" }));
    expect(await screen.findByText(/its own origin only/)).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send a simulated session" }).disabled).toBe(true);
  });

  it("says that progress could not be read, and what to do", async () => {
    mockApi({ [STATUS]: problem(503, "starting", "Candor is starting."), [SESSIONS]: { sessions: [] }, [APP]: app(null) });
    renderPage(<Page />, { at: "/quick-start" });
    await waitFor(() => expect(screen.getAllByRole("button", { name: "Try again" }).length).toBeGreaterThan(0));
  });
});
