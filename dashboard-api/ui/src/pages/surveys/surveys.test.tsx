import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { FROM, period, surveyItem, surveyPage, TO, update, verdicts } from "@/pages/counts/fixtures";
import SurveysPage from "@/pages/surveys";
import { mockApi, problem, renderPage, type Request } from "@/test/render";

// Whole pages are found by roles: on a busy machine that takes seconds, most of it for the question what is hidden.
vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 15_000, defaultHidden: true });

const PATH = "GET /api/v1/dashboard/surveys";
const rose = surveyItem("wave/7", 100, 40, period({ verdicts: verdicts({ total: 100, bots_flagged: 10 }) }));
const calm = surveyItem("wave-8", 50, 1, period({ verdicts: verdicts({ total: 50, bots_flagged: 1 }) }));

const table = async () => within(await screen.findByRole("table", { name: "Surveys" }));
const names = async () => (await table()).getAllByRole("row").slice(1).map((row) => within(row).getAllByRole("link")[0]?.textContent);

describe("surveys", () => {
  it("lists counts that lead to their sessions, and how the share moved", async () => {
    mockApi({ [PATH]: surveyPage([rose, calm]) });
    renderPage(<SurveysPage />, { at: "/surveys?range=7d" });
    const row = within((await table()).getAllByRole("row")[1]!);
    expect(row.getByRole("link", { name: "wave/7" }).getAttribute("href")).toBe("/surveys/wave%2F7?range=7d");
    const flagged = row.getByRole("link", { name: "Flagged sessions of wave/7: 40% (40)" });
    expect(Object.fromEntries(new URL((flagged as HTMLAnchorElement).href).searchParams)).toEqual({ from: FROM, to: TO, survey: "wave/7", bots: "true" });
    expect(row.getByText("up 30 points")).toBeTruthy();
  });

  it("searches in the address", async () => {
    const requests = mockApi({ [PATH]: ({ query }: Request) => surveyPage(query.get("q") === "x" ? [] : [rose]) });
    const { location } = renderPage(<SurveysPage />, { at: "/surveys" });
    await table();
    expect(requests[0]?.query.get("range")).toBe("30d");
    await userEvent.type(screen.getByRole("searchbox", { name: "Search surveys" }), "x");
    expect(await screen.findByText("No survey begins with “x”")).toBeTruthy();
    expect(location().search).toBe("?q=x");
    await userEvent.click(screen.getByRole("button", { name: "Clear the search" }));
    expect(await names()).toEqual(["wave/7"]);
  });

  it("sorts by a column; an order of its own reads on by itself", async () => {
    const requests = mockApi({
      [PATH]: ({ query }: Request) => (query.get("cursor") === "2" ? surveyPage([rose]) : surveyPage([calm], query.get("limit") === "100" ? "2" : null)),
    });
    const { location } = renderPage(<SurveysPage />, { at: "/surveys" });
    await userEvent.click((await table()).getByRole("button", { name: "Flagged" }));
    expect(location().search).toBe("?sort=flagged");
    await waitFor(async () => expect(await names()).toEqual(["wave/7", "wave-8"]));
    expect(requests.map(({ query }) => query.get("order"))).toEqual(["activity", "activity", "activity"]);
    expect((await table()).getByRole("button", { name: "Flagged" }).getAttribute("aria-pressed")).toBe("true");
  });

  it("goes on page by page in the order of the API", async () => {
    mockApi({ [PATH]: ({ query }: Request) => (query.get("cursor") === "2" ? surveyPage([calm]) : surveyPage([rose], "2")) });
    renderPage(<SurveysPage />, { at: "/surveys?sort=name" });
    expect(await names()).toEqual(["wave/7"]);
    await userEvent.click(screen.getByRole("button", { name: "Show more surveys" }));
    await waitFor(async () => expect(await names()).toEqual(["wave/7", "wave-8"]));
    expect(screen.queryByRole("button", { name: "Show more surveys" })).toBeNull();
  });

  it("says what to do without any survey", async () => {
    mockApi({ [PATH]: surveyPage([]) });
    renderPage(<SurveysPage />);
    expect(await screen.findByText("No survey yet")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Open Quick start" })).toBeTruthy();
  });

  it("says what failed, and tries again", async () => {
    let fails = true;
    mockApi({ [PATH]: () => (fails ? problem(503, "database_unavailable", "The database cannot be reached") : surveyPage([rose])) });
    renderPage(<SurveysPage />);
    expect(await screen.findByText("The database cannot be reached")).toBeTruthy();
    fails = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await names()).toEqual(["wave/7"]);
  });

  it("counts anew when something happens", async () => {
    let judged = 100;
    mockApi({ [PATH]: () => surveyPage([surveyItem("wave-7", judged, 0)]) });
    const { send } = renderPage(<SurveysPage />);
    await table();
    judged = 101;
    send(update("wave-7"));
    expect(await screen.findByRole("link", { name: "Sessions of wave-7: 101" })).toBeTruthy();
  });
});
