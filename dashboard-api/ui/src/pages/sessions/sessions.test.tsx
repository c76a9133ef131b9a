import { act, configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Toaster } from "sonner";
import { mockApi, problem, type Request, renderPage } from "@/test/render";
import { aPage, anUpdate, aRow, idAt, NOW, rowsFrom } from "./fixtures";
import { BulkBar } from "./BulkBar";
import { NO_FILTERS } from "./filters";
import SessionsPage from "./index";
import { neighboursOf } from "./neighbours";
import type { Row } from "./row";

const LIST = "GET /api/v1/dashboard/sessions";
const isCount = ({ query }: Request) => query.has("count");
const isList = (request: Request) => request.path === "/api/v1/dashboard/sessions" && !isCount(request);

/** A list that answers as the server does: by cursor, or from an instant on. */
const serve = (rows: () => readonly Row[], limit = 100) => (request: Request) => {
  const from = request.query.get("from");
  const all = rows().filter((row) => from === null || row.created_at >= from);
  if (isCount(request)) return aPage([], { count: { value: all.length, kind: "exact" } });
  const begin = Number(request.query.get("cursor") ?? 0);
  const next = begin + limit < all.length ? { next_cursor: String(begin + limit) } : {};
  return aPage(all.slice(begin, begin + limit), next);
};

const show = (at = "/sessions") =>
  renderPage(
    <>
      <SessionsPage />
      <Toaster />
    </>,
    { at, path: "/sessions" },
  );

const rows = () => screen.getAllByRole("row").slice(1);
const linkOf = (id: string) => within(screen.getByRole("table")).getByRole("link", { name: new RegExp(id.slice(-8)) });

// A page has many roles to look through, and the machine may be busy.
configure({ asyncUtilTimeout: 10_000 });

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20, now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

it("lists sessions with their risk and strongest reason, and says how many there are", async () => {
  const requests = mockApi({ [LIST]: serve(() => rowsFrom(1, 3)) });
  show("/sessions?risk=HIGH,CRITICAL&range=24h");
  expect(await screen.findAllByRole("link", { name: /Open session .*High risk/ })).toHaveLength(3);
  expect(rows()).toHaveLength(3);
  expect(within(rows()[0]!).getByText("The pointer moved in straight lines.")).toBeDefined();
  expect(await screen.findByText("3 sessions")).toBeDefined();
  const asked = requests.find(isList)!;
  expect(Object.fromEntries(asked.query)).toEqual({ risk: "HIGH,CRITICAL", from: "2026-09-20T14:00:00.000Z", limit: "100" });
  expect(linkOf(idAt(1)).getAttribute("href")).toBe(`/sessions/${idAt(1)}`);
});

it("a list that is whole says how many there are, whatever was estimated", async () => {
  const rest = serve(() => rowsFrom(1, 2));
  mockApi({
    [LIST]: (request: Request) => (isCount(request) ? aPage([], { count: { value: 1, kind: "at_least" } }) : rest(request)),
  });
  show("/sessions?label=bot");
  expect(await screen.findByText("2 sessions")).toBeDefined();
});

it("a chip is taken away from the address and from what is asked", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  const requests = mockApi({ [LIST]: serve(() => rowsFrom(1, 3)) });
  const { location } = show("/sessions?risk=HIGH&survey=wave-7");
  await screen.findByRole("table");
  await user.click(screen.getByRole("button", { name: "Remove filter Risk: High" }));
  expect(location().search).toBe("?survey=wave-7");
  await waitFor(() => expect(requests.filter(isList).some(({ query }) => !query.has("risk"))).toBe(true));
});

it("says what to do when nothing matches, and when there is nothing at all", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  mockApi({ [LIST]: serve(() => []) });
  const { location } = show("/sessions?risk=HIGH&range=24h");
  expect(await screen.findByText("No session matches")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Search any time" }));
  expect(location().search).toBe("?risk=HIGH");
  await screen.findByText("No session matches");
  await user.click(screen.getAllByRole("button", { name: "Clear all filters" })[0]!);
  expect(await screen.findByText("No sessions yet")).toBeDefined();
  expect(screen.getByRole("link", { name: "Quick start" }).getAttribute("href")).toBe("/quick-start");
});

it("a failure says so and is tried again; a filter that the server does not know can be taken away", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  let answer: unknown = problem(503, "database_unavailable", "PostgreSQL cannot be reached");
  mockApi({ [LIST]: (request: Request) => (answer instanceof Response ? answer : serve(() => rowsFrom(1, 1))(request)) });
  const { location, unmount } = show();
  expect(await screen.findByText("PostgreSQL cannot be reached")).toBeDefined();
  answer = null;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table")).toBeDefined();
  unmount();

  mockApi({
    [LIST]: ({ query }: Request) =>
      query.has("label")
        ? new Response(JSON.stringify({ code: "invalid_parameters", title: "Wrong", errors: [{ pointer: "?label", code: "unknown", detail: "" }] }), {
            status: 422,
            headers: { "content-type": "application/problem+json" },
          })
        : aPage(rowsFrom(1, 1)),
  });
  expect(location().search).toBe("");
  const again = show("/sessions?label=none&risk=HIGH");
  await user.click(await screen.findByRole("button", { name: "Take it away" }));
  expect(again.location().search).toBe("?risk=HIGH");
});

it("shows what happens to its rows at once, and keeps new ones until they are asked for", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  const all = [aRow(5), aRow(6)];
  mockApi({ [LIST]: serve(() => all) });
  const { send } = show();
  await screen.findByRole("table");
  await waitFor(() => expect(rows()).toHaveLength(2));

  send(anUpdate(idAt(6)));
  expect(within(rows()[1]!).getByText("Critical")).toBeDefined();
  expect(rows()).toHaveLength(2);

  all.unshift(aRow(1), aRow(2));
  send(anUpdate(idAt(1)));
  const pill = await screen.findByRole("button", { name: "2 new" });
  expect(rows()).toHaveLength(2);
  await user.click(pill);
  expect(rows()).toHaveLength(4);
  expect(within(rows()[0]!).getByRole("link").getAttribute("href")).toBe(`/sessions/${idAt(1)}`);
  expect(screen.queryByRole("button", { name: /new$/ })).toBeNull();
  expect(screen.getByText("4 sessions")).toBeDefined();
});

it("an older session that came to match is new as well", async () => {
  const all = [aRow(5), aRow(60)];
  mockApi({ [LIST]: serve(() => all) });
  const { send } = show("/sessions?risk=HIGH,CRITICAL");
  await waitFor(() => expect(rows()).toHaveLength(2));
  all.splice(1, 0, aRow(30));
  send(anUpdate(idAt(30)));
  expect(await screen.findByRole("button", { name: "1 new" })).toBeDefined();
});

it("goes on over partial pages by itself, says so, and can be stopped", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  let pages = 0;
  mockApi({
    [LIST]: (request: Request) => {
      if (isCount(request)) return aPage([]);
      if (request.query.get("from") !== null) return aPage([]);
      pages += 1;
      return aPage(pages === 3 ? [aRow(9)] : [], { next_cursor: String(pages), partial: true });
    },
  });
  // The fifth page is not answered.
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", (request: globalThis.Request) =>
    request.url.includes("cursor=4") ? new Promise(() => undefined) : answer(request),
  );
  show("/sessions?method=mouse");
  expect(await screen.findByText("Looking further back")).toBeDefined();
  await waitFor(() => expect(rows()).toHaveLength(1));
  await user.click(screen.getByRole("button", { name: "Stop" }));
  expect(screen.getByText(/Stopped\. 1 found so far/)).toBeDefined();
  expect(screen.getByRole("button", { name: "Look further back" })).toBeDefined();
});

it("draws only what is in sight of many pages", async () => {
  mockApi({ [LIST]: serve(() => rowsFrom(1, 150)) });
  const { client } = show();
  await waitFor(() => expect(rows().length).toBeGreaterThan(5));
  expect(rows().length).toBeLessThan(40);
  expect(neighboursOf(client, "", idAt(2))).toEqual({ previous: idAt(1), next: idAt(3) });
});

it("chooses by key, click and range, labels all at once, and takes it back", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  const requests = mockApi({
    [LIST]: serve(() => rowsFrom(1, 5)),
    "POST /api/v1/reviews/bulk": ({ body }: Request) => ({
      outcomes: (body as { session_ids: string[] }).session_ids.map((session_id) => ({
        session_id,
        outcome: session_id === idAt(4) ? "unknown_session" : "labelled",
      })),
    }),
  });
  show();
  await waitFor(() => expect(rows()).toHaveLength(5));
  await user.keyboard("jjx");
  expect(document.activeElement?.getAttribute("href")).toBe(`/sessions/${idAt(2)}`);
  await user.keyboard("{Shift>}");
  await user.click(within(rows()[3]!).getByRole("checkbox"));
  await user.keyboard("{/Shift}");
  const bar = screen.getByRole("region", { name: "Selected sessions" });
  expect(within(bar).getByText("3 selected")).toBeDefined();

  await user.click(within(bar).getByRole("button", { name: "Label as bot" }));
  expect(await screen.findByText("Labelled 2 sessions as bot")).toBeDefined();
  expect(within(rows()[1]!).getByText("Bot")).toBeDefined();
  expect(within(rows()[3]!).queryByText("Bot")).toBeNull();
  expect(screen.getByText(/Left out, .*: 1 session$/)).toBeDefined();

  await user.click(screen.getByRole("button", { name: "Undo" }));
  await screen.findByText("Labels are as they were before");
  expect(within(rows()[1]!).queryByText("Bot")).toBeNull();
  const bodies = requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  expect(bodies).toEqual([
    { session_ids: [idAt(2), idAt(3), idAt(4)], label: "bot" },
    { session_ids: [idAt(2), idAt(3)], label: "cleared" },
  ]);
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("region", { name: "Selected sessions" })).toBeNull();
});

it("labels that could not be written are as before", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  mockApi({
    [LIST]: serve(() => [aRow(1, { label: "human" }), aRow(2)]),
    "POST /api/v1/reviews/bulk": problem(503, "database_busy", "Too busy"),
  });
  show();
  await waitFor(() => expect(rows()).toHaveLength(2));
  await user.click(screen.getByRole("checkbox", { name: "Select all 2 loaded sessions" }));
  await user.click(screen.getByRole("button", { name: "Label as unsure" }));
  expect(await screen.findByText("2 sessions could not be labelled")).toBeDefined();
  expect(within(rows()[0]!).getByText("Human")).toBeDefined();
  expect(within(rows()[1]!).queryByText("Unsure")).toBeNull();
});

it("asks before it labels more than one request's worth", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  const onLabel = vi.fn();
  const ids = new Set(rowsFrom(1, 501).map((row) => row.session_id));
  const nothing = () => undefined;
  renderPage(<BulkBar ids={ids} filters={NO_FILTERS} loaded={501} isBusy={false} onLabel={onLabel} onAll={nothing} onClear={nothing} />);
  await user.click(screen.getByRole("button", { name: "Label as bot" }));
  expect(onLabel).not.toHaveBeenCalled();
  await user.click(within(screen.getByRole("alertdialog", { name: "Label 501 sessions?" })).getByRole("button", { name: "Label as bot" }));
  expect(onLabel).toHaveBeenCalledExactlyOnceWith([...ids], "bot");
});

it("keeps filters under a name", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  mockApi({ [LIST]: serve(() => rowsFrom(1, 1)) });
  const { location } = show("/sessions?survey=wave-7");
  await user.click(await screen.findByRole("button", { name: "Save view" }));
  await user.type(screen.getByRole("textbox", { name: "Name" }), "Wave seven");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const views = screen.getByRole("navigation", { name: "Views", hidden: true });
  expect(within(views).getByRole("link", { name: "Wave seven", hidden: true }).getAttribute("aria-current")).toBe("page");
  await user.click(within(views).getByRole("link", { name: "Needs review" }));
  expect(location().search).toBe("?risk=HIGH%2CCRITICAL");
});

it("columns are chosen and put in order", async () => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  mockApi({ [LIST]: serve(() => rowsFrom(1, 1)) });
  show();
  await screen.findByRole("table");
  const headers = () => within(screen.getByRole("table", { hidden: true })).getAllByRole("columnheader", { hidden: true }).slice(2).map((each) => each.textContent);
  expect(headers().slice(0, 3)).toEqual(["Risk", "Strongest reason", "Class"]);
  await user.click(screen.getByRole("button", { name: "Columns" }));
  await user.click(screen.getByRole("button", { name: "Move Class up" }));
  await user.click(screen.getByRole("checkbox", { name: "Risk" }));
  expect(headers().slice(0, 2)).toEqual(["Class", "Strongest reason"]);
  await act(async () => Promise.resolve());
  expect(JSON.parse(localStorage.getItem("candor.sessions.columns") ?? "[]")).toContain("class");
});
