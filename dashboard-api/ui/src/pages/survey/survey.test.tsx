import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Schemas } from "@/api/client";
import { bucket, campaign, FROM, period, session, sessions, TO, trend, update, verdicts } from "@/pages/counts/fixtures";
import SurveyPage from "@/pages/survey";
import { mockApi, problem, renderPage } from "@/test/render";

// Whole pages are found by roles: on a busy machine that takes seconds, most of it for the question what is hidden.
vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 15_000, defaultHidden: true });

const now = (total: number) =>
  period({ from: FROM, to: TO, sessions: sessions(total), verdicts: verdicts({ total, bots_flagged: 5, by_risk: { LOW: total - 5, CRITICAL: 5 } }) });

const details = (given: Partial<Schemas["SurveyDetails"]> = {}): Schemas["SurveyDetails"] => ({
  survey_id: "wave/7",
  first_active: FROM,
  last_active: TO,
  period: now(20),
  previous: period({ sessions: sessions(10), verdicts: verdicts({ total: 10, by_risk: { LOW: 10 } }) }),
  quality: 0.75,
  trend: trend([bucket(FROM, 20)]),
  campaigns: [campaign()],
  ...given,
});

const SETTINGS: Schemas["SettingsAnswer"] = {
  survey_id: "wave/7",
  version: 2,
  settings: { thresholds: { bot_score: 0.5 } },
  updated_at: FROM,
  updated_by: "bootstrap",
  publication: { state: "pending", failed_attempts: 1, published_at: null },
  in_force: { ruleset: "survey-1", model: "none", thresholds: { bot_score: 0.5 } },
};

const spent = { p10: 1000, p25: 2000, p50: 4000, p75: 8000, p90: 16_000, count: 12 };
const TIMINGS: Schemas["SurveyTimings"] = {
  survey_id: "wave/7",
  from: FROM,
  to: TO,
  sessions: 17,
  people: 12,
  bots: 5,
  partial: true,
  pages: [{ page: "consent", people: spent, bots: null }, { page: "empty" }],
};

const BASE = "GET /api/v1/dashboard/surveys/wave%2F7";
const answers = (change: Record<string, unknown> = {}) => ({
  [BASE]: details(),
  "GET /api/v1/dashboard/sessions": { sessions: [session("11111111-1111-7111-8111-111111111111")], next_cursor: null, partial: false, count: null },
  "GET /api/v1/surveys/wave%2F7/settings": SETTINGS,
  [`${BASE}/timings`]: TIMINGS,
  ...change,
});
const open = (at = "/surveys/wave%2F7") => renderPage(<SurveyPage />, { at, path: "/surveys/:survey" });
const counters = async () => within(await screen.findByRole("region", { name: "Counts of the period" }));

describe("survey", () => {
  it("shows counts that lead to the survey's sessions", async () => {
    mockApi(answers());
    open();
    expect(screen.getByRole("heading", { level: 1, name: "wave/7" })).toBeTruthy();
    const flagged = (await counters()).getByRole("link", { name: /Flagged as bots/ });
    expect(Object.fromEntries(new URL((flagged as HTMLAnchorElement).href).searchParams)).toEqual({ from: FROM, to: TO, survey: "wave/7", bots: "true" });
    const quality = (await counters()).getByRole("link", { name: /^Low risk/ });
    expect(quality.textContent).toContain("75%");
    expect(quality.textContent).toContain("down 25 points");
    const worst = within(await screen.findByRole("table", { name: "Newest high and critical sessions" }));
    expect(worst.getByText("Every page took the same time.")).toBeTruthy();
  });

  it("says what new sessions are judged by, and that a change is on its way", async () => {
    mockApi(answers());
    open();
    const card = within(await screen.findByRole("region", { name: "Settings" }));
    expect(await card.findByText("survey-1")).toBeTruthy();
    expect(card.getByText("0.50")).toBeTruthy();
    expect(card.getByText(/gateways do not know of the last change/)).toBeTruthy();
    expect(card.getByRole("link", { name: "Change settings" }).getAttribute("href")).toBe("/settings?survey=wave%2F7");
  });

  it("asks for the range of its address", async () => {
    const requests = mockApi(answers());
    const { location } = open("/surveys/wave%2F7?range=7d");
    await counters();
    expect(requests.find(({ path }) => path.endsWith("/surveys/wave%2F7"))?.query.get("range")).toBe("7d");
    await userEvent.click(screen.getByRole("radio", { name: "24 hours" }));
    expect(location().search).toBe("?range=24h");
  });

  it("says when a survey is not known", async () => {
    mockApi(answers({ [BASE]: problem(404, "unknown_survey", "There is no such survey.") }));
    open();
    expect(await screen.findByText("No session of “wave/7” was counted")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Download report" })).toBeNull();
  });

  it("shows times on pages, and how many sessions they are of", async () => {
    mockApi(answers());
    open();
    const card = within(await screen.findByRole("region", { name: "Time on each page" }));
    expect(await card.findByText("consent")).toBeTruthy();
    expect(card.queryByText("empty")).toBeNull();
    expect(card.getByText(/newest 17 sessions.*12 not flagged, 5 flagged.*There are more/)).toBeTruthy();
  });

  it("loses only the part that fails", async () => {
    mockApi(answers({ "GET /api/v1/surveys/wave%2F7/settings": problem(503, "starting", "Candor is starting") }));
    open();
    expect(await within(await screen.findByRole("region", { name: "Settings" })).findByRole("alert")).toBeTruthy();
    expect((await counters()).getByText("20")).toBeTruthy();
  });

  it("says when nothing began in the period", async () => {
    mockApi(answers({ [BASE]: details({ period: period({ from: FROM, to: TO }), quality: null }) }));
    const { location } = open();
    await userEvent.click(await screen.findByRole("button", { name: "Show 90 days" }));
    expect(location().search).toBe("?range=90d");
  });

  it("counts anew for its own sessions alone", async () => {
    let total = 20;
    const requests = mockApi(answers({ [BASE]: () => details({ period: now(total) }) }));
    const { send } = open();
    expect((await counters()).getByText("20")).toBeTruthy();
    total = 21;
    send(update("another"));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(requests.filter(({ path }) => path.endsWith("/surveys/wave%2F7"))).toHaveLength(1);
    send(update("wave/7"));
    await waitFor(async () => expect((await counters()).getByText("21")).toBeTruthy());
  });

  it("downloads the report, or says why there is none", async () => {
    const pdf = new Response("%PDF", { status: 200, headers: { "content-type": "application/pdf" } });
    let isBusy = true;
    const requests = mockApi(answers({ [`${BASE}/report.pdf`]: () => (isBusy ? problem(429, "too_many_exports", "Too many exports at once") : pdf) }));
    const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:report");
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
    open("/surveys/wave%2F7?range=7d");
    const button = await screen.findByRole("button", { name: "Download report" });
    await userEvent.click(button);
    await waitFor(() => expect(requests.some(({ path }) => path.endsWith("report.pdf"))).toBe(true));
    expect(made).not.toHaveBeenCalled();
    isBusy = false;
    await waitFor(() => expect(button.getAttribute("aria-busy")).toBeNull());
    await userEvent.click(button);
    await waitFor(() => expect(clicked).toHaveBeenCalled());
    expect(requests.at(-1)?.query.get("range")).toBe("7d");
  });
});
