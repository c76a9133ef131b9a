import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { mockApi, problem, renderPage, type Request } from "@/test/render";
import { aContent, aGroup, aLetter, aPartition, aReplay, aReport } from "./fixtures";
import Page from "./index";

// Machines that build at the same time are slow.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 60_000 });

const PIPELINE = "GET /api/v1/pipeline";
const LETTERS = "GET /api/v1/dead-letters";
const CONTENT = "GET /api/v1/dead-letters/*";
const REPLAY = "POST /api/v1/dead-letters/replay";

const page = (...letters: ReturnType<typeof aLetter>[]) => ({ letters, next_cursor: null, is_complete: true, since: null });
const show = (at: string) => renderPage(<Page />, { at, path: "/pipeline" });

describe("consumer groups", () => {
  it("says how far each group is behind and who works on it", async () => {
    const late = aGroup({ partitions: [aPartition(0, { lag: 812, lag_seconds: 12.2 }), aPartition(1)] });
    mockApi({ [PIPELINE]: aReport({ groups: [late, aGroup({ role: "raw", state: "absent", workers: 0, members: [], partitions: [] })] }) });
    show("/pipeline");
    const detector = await screen.findByRole("region", { name: "Detector" });
    expect(within(detector).getByText("12 s behind")).toBeTruthy();
    const partitions = within(detector).getByRole("table", { name: "Partitions of Detector" });
    expect(within(partitions).getByRole("row", { name: /812/ })).toBeTruthy();
    expect(within(detector).getByRole("table", { name: "Workers of Detector" }).textContent).toContain("0–1");
    expect(within(screen.getByRole("region", { name: "Raw event store" })).getByText("Not running")).toBeTruthy();
  });

  it("leads from the number to the group it is of", async () => {
    const late = aGroup({ partitions: [aPartition(0, { lag: 812, lag_seconds: 12.2 })] });
    mockApi({ [PIPELINE]: aReport({ groups: [late] }) });
    const { location } = show("/pipeline");
    await userEvent.click(await screen.findByRole("link", { name: /Furthest behind/ }));
    expect(location().hash).toBe("#detector");
  });

  it("says that figures are old when Kafka is away", async () => {
    mockApi({ [PIPELINE]: aReport({ problem: "unreachable", age_seconds: 42, database_reachable: false }) });
    show("/pipeline");
    expect(await screen.findByText("Kafka cannot be reached")).toBeTruthy();
    expect(screen.getByText("PostgreSQL cannot be read")).toBeTruthy();
    expect(within(screen.getByRole("region", { name: "Detector" })).getByText("Last known: up to date")).toBeTruthy();
  });

  it("says what is missing when nothing was ever known", async () => {
    mockApi({ [PIPELINE]: aReport({ looked_at: null, age_seconds: null, problem: "unreachable", groups: [], topics: [] }) });
    show("/pipeline");
    expect(await screen.findByText("No figures yet")).toBeTruthy();
  });

  it("shows the problem and goes on when asked again", async () => {
    let isUp = false;
    mockApi({ [PIPELINE]: () => (isUp ? aReport() : problem(503, "starting", "Candor is starting")) });
    show("/pipeline");
    const again = await screen.findByRole("button", { name: "Try again" });
    isUp = true;
    await userEvent.click(again);
    expect(await screen.findByRole("region", { name: "Detector" })).toBeTruthy();
  });
});

describe("dead letters", () => {
  it("replays what was selected, once it has been counted and confirmed", async () => {
    const asked = (request: Request) => (request.body as { dry_run?: boolean }).dry_run === true;
    const failures = [{ id: "0:2", problem: "the broker did not answer" }];
    const requests = mockApi({
      [PIPELINE]: aReport(),
      [LETTERS]: page(aLetter("0:1"), aLetter("0:2")),
      [REPLAY]: (request: Request) => (asked(request) ? aReplay() : aReplay({ dry_run: false, replayed: 1, failed: 1, failures })),
    });
    show("/pipeline?view=letters");
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select all loaded letters" }));
    await userEvent.click(screen.getByRole("button", { name: "Replay 2 letters…" }));
    const dialog = await screen.findByRole("dialog", { name: "Replay dead letters" });
    await userEvent.click(await within(dialog).findByRole("button", { name: "Replay 2 letters" }));
    const results = await within(dialog).findByRole("table", { name: "Result for each letter" });
    expect(within(results).getByRole("row", { name: /0:1 Back/ })).toBeTruthy();
    expect(within(results).getByRole("row", { name: /0:2 May not be back the broker did not answer/ })).toBeTruthy();
    const replays = requests.filter(({ method }) => method === "POST").map(({ body }) => body);
    expect(replays).toEqual([{ ids: ["0:1", "0:2"], dry_run: true }, { ids: ["0:1", "0:2"] }]);
    await waitFor(() => expect(requests.filter(({ path }) => path === "/api/v1/dead-letters")).toHaveLength(2));
  });

  it("asks for raw content only when somebody wants to see it", async () => {
    const requests = mockApi({ [PIPELINE]: aReport(), [LETTERS]: page(aLetter("0:1")), [CONTENT]: aContent("0:1") });
    const { location } = show("/pipeline?view=letters");
    await userEvent.click(await screen.findByRole("button", { name: "Inspect letter 0:1" }));
    const drawer = await screen.findByRole("dialog", { name: "Dead letter 0:1" });
    expect(new URLSearchParams(location().search).get("letter")).toBe("0:1");
    const contentAsked = () => requests.filter(({ path }) => path.startsWith("/api/v1/dead-letters/")).length;
    expect(contentAsked()).toBe(0);
    await userEvent.click(within(drawer).getByRole("button", { name: "Show headers and content" }));
    expect(await within(drawer).findByText("ff 00")).toBeTruthy();
    expect(within(drawer).getByText(/"events": \[\]/)).toBeTruthy();
    await userEvent.click(within(drawer).getByRole("radio", { name: "Bytes" }));
    expect(within(drawer).getByText(/7b 22/)).toBeTruthy();
    expect(contentAsked()).toBe(1);
  });

  it("keeps filters in the address and asks with them", async () => {
    const requests = mockApi({ [PIPELINE]: aReport(), [LETTERS]: page(aLetter("0:1")) });
    const { location } = show("/pipeline?view=letters&since=24h");
    await screen.findByRole("option", { name: "The ruleset is not known" });
    await userEvent.selectOptions(screen.getByLabelText("Reason"), "ruleset_missing");
    expect(new URLSearchParams(location().search).get("reason")).toBe("ruleset_missing");
    await waitFor(() => expect(requests.some(({ query }) => query.get("reason") === "ruleset_missing" && query.has("since"))).toBe(true));
    expect(requests.find(({ path }) => path === "/api/v1/dead-letters")?.query.get("replayed")).toBe("false");
  });

  it("says which scope is missing, and leaves the groups readable", async () => {
    mockApi({ [PIPELINE]: aReport(), [LETTERS]: problem(403, "scope_missing", "The key lacks a scope") });
    show("/pipeline?view=letters");
    expect(await screen.findByText("Dead letters need the scope operations")).toBeTruthy();
    await userEvent.click(screen.getByRole("tab", { name: "Consumer groups" }));
    expect(await screen.findByRole("region", { name: "Detector" })).toBeTruthy();
  });

  it("says that no letter waits", async () => {
    mockApi({ [PIPELINE]: aReport(), [LETTERS]: page() });
    show("/pipeline?view=letters");
    expect(await screen.findByText("No letter waits")).toBeTruthy();
  });
});
