import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { campaign, FROM, overview, period, session, sessions, surveyItem, surveyPage, TO, trend, update, verdicts } from "@/pages/counts/fixtures";
import OverviewPage from "@/pages/overview";
import { mockApi, problem, renderPage } from "@/test/render";

// Whole pages are found by roles: on a busy machine that takes seconds, most of it for the question what is hidden.
vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 15_000, defaultHidden: true });

const BUSY = overview({
  sessions: sessions(420, 8),
  verdicts: verdicts({ total: 400, bots_flagged: 100, by_risk: { LOW: 290, HIGH: 10, CRITICAL: 100 }, by_class: { scripted_bot: 100 }, by_method: { mouse: 80 } }),
  events: 4200,
  previous: period({ sessions: sessions(210), verdicts: verdicts({ total: 200, bots_flagged: 25 }) }),
});

const RATES = {
  at: TO,
  seconds: 300,
  events_per_second: 57.5,
  verdicts_per_second: 2,
  latency: { count: 9, p50_ms: 82, p95_ms: 240 },
  course: [
    { at: FROM, events_per_second: 40, verdicts_per_second: 1 },
    { at: TO, events_per_second: 75, verdicts_per_second: 3 },
  ],
};

const answers = (change: Record<string, unknown> = {}) => ({
  "GET /api/v1/dashboard/overview": BUSY,
  "GET /api/v1/dashboard/overview/trend": trend(),
  "GET /api/v1/dashboard/surveys": surveyPage([surveyItem("wave-7", 100, 40), surveyItem("wave-8", 50, 30)]),
  "GET /api/v1/dashboard/rates": RATES,
  "GET /api/v1/dashboard/campaigns": { campaigns: [campaign()], next_cursor: null, partial: false },
  ...change,
});

const filterOf = (link: HTMLElement) => Object.fromEntries(new URLSearchParams(new URL((link as HTMLAnchorElement).href).search));
const counters = async () => within(await screen.findByRole("region", { name: "Counts of the period" }));

describe("overview", () => {
  it("counts the period, and each number leads to the sessions it counts", async () => {
    mockApi(answers());
    renderPage(<OverviewPage />, { at: "/overview" });
    const flagged = (await counters()).getByRole("link", { name: /Flagged as bots/ });
    expect(flagged.textContent).toContain("100");
    expect(flagged.textContent).toContain("25% of verdicts");
    expect(flagged.textContent).toContain("before: 25");
    expect(filterOf(flagged)).toEqual({ from: FROM, to: TO, bots: "true" });
    const risky = (await counters()).getByRole("link", { name: /High and critical/ });
    expect(risky.textContent).toContain("110");
    expect(filterOf(risky)).toMatchObject({ risk: "HIGH,CRITICAL" });
    expect(filterOf(await screen.findByRole("link", { name: /Scripted bot/ }))).toMatchObject({ class: "scripted_bot" });
    expect(filterOf(screen.getByRole("link", { name: /^Pointer/ }))).toMatchObject({ method: "mouse" });
  });

  it("asks for the range of its address, and writes the chosen one there", async () => {
    const requests = mockApi(answers());
    const { location } = renderPage(<OverviewPage />, { at: "/overview?range=7d" });
    await counters();
    expect(requests.find(({ path }) => path.endsWith("/overview"))?.query.get("range")).toBe("7d");
    await userEvent.click(screen.getByRole("radio", { name: "30 days" }));
    expect(location().search).toBe("?range=30d");
    await waitFor(() => expect(requests.some(({ path, query }) => path.endsWith("/trend") && query.get("range") === "30d")).toBe(true));
  });

  it("names the surveys with the highest share of flagged sessions first", async () => {
    mockApi(answers());
    renderPage(<OverviewPage />, { at: "/overview?range=7d" });
    const table = within(await screen.findByRole("table", { name: "Surveys with the most flagged sessions" }));
    expect(table.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["/surveys/wave-8?range=7d", "/surveys/wave-7?range=7d"]);
    expect(table.getByText("60%")).toBeTruthy();
  });

  it("opens a campaign with its sessions beside the page", async () => {
    mockApi(
      answers({
        "GET /api/v1/dashboard/campaigns/device/0f3a": { campaign: campaign(), sessions: [session("11111111-1111-7111-8111-111111111111")], next_cursor: null },
      }),
    );
    const { location } = renderPage(<OverviewPage />, { at: "/overview?range=7d" });
    const table = await screen.findByRole("table", { name: "Campaigns" });
    await userEvent.click(within(table).getByRole("link", { name: "Same device" }));
    const drawer = within(await screen.findByRole("dialog", { name: "Same device" }));
    expect((await drawer.findByRole("link", { name: /11111111$/ })).getAttribute("href")).toBe("/sessions/11111111-1111-7111-8111-111111111111");
    expect(location().search).toBe("?range=7d&campaign=device%3A0f3a");
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(location().search).toBe("?range=7d"));
  });

  it("leads to Quick start when no session has ever arrived", async () => {
    mockApi(
      answers({
        "GET /api/v1/dashboard/overview": overview(),
        "GET /api/v1/dashboard/sessions": { sessions: [], next_cursor: null, partial: false, count: null },
      }),
    );
    renderPage(<OverviewPage />);
    expect(await screen.findByText("No session has arrived yet")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Open Quick start" }).getAttribute("href")).toBe("/quick-start");
  });

  it("tells a quiet period from a first visit", async () => {
    mockApi(
      answers({
        "GET /api/v1/dashboard/overview": overview(),
        "GET /api/v1/dashboard/sessions": { sessions: [session("s1")], next_cursor: null, partial: false, count: null },
      }),
    );
    const { location } = renderPage(<OverviewPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Show 90 days" }));
    expect(location().search).toBe("?range=90d");
  });

  it("loses only the part that fails", async () => {
    mockApi(answers({ "GET /api/v1/dashboard/campaigns": problem(503, "database_unavailable", "The database cannot be reached") }));
    renderPage(<OverviewPage />);
    const card = within(await screen.findByRole("region", { name: "Newest campaigns" }));
    expect(await card.findByText("The database cannot be reached")).toBeTruthy();
    expect((await counters()).getByText("420")).toBeTruthy();
  });

  it("counts anew when a verdict arrives", async () => {
    let total = 1;
    mockApi(answers({ "GET /api/v1/dashboard/overview": () => overview({ sessions: sessions(total), verdicts: verdicts({ total }) }) }));
    const { send } = renderPage(<OverviewPage />);
    expect((await counters()).getByRole("link", { name: /^Sessions 1 / })).toBeTruthy();
    total = 2;
    send(update("wave-7"));
    await waitFor(async () => expect((await counters()).getByRole("link", { name: /^Sessions 2 / })).toBeTruthy());
  });

  it("shows how fast things go, by the server's figures and those of the live feed", async () => {
    const stats = { type: "stats", cursor: "c", at: TO, seconds: 1, verdicts: 4, verdicts_per_second: 4, sessions: 4, bots: 1, findings: 0, connections: 1 } as const;
    mockApi(answers());
    renderPage(<OverviewPage />, { stats });
    const card = within(await screen.findByRole("region", { name: "Right now" }));
    expect(await card.findByText("1 flagged in the last second")).toBeTruthy();
    expect(card.getByText("4")).toBeTruthy();
    expect(card.getByText("57.5")).toBeTruthy();
    expect(card.getByText("82 ms")).toBeTruthy();
    expect(card.getByRole("img", { name: "Events a second, last minutes: from 40 to 75" })).toBeTruthy();
  });
});
