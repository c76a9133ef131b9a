import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import Page from "@/pages/integrations";
import { deliveryOf, integration, reportOf, SESSION, statusOf } from "@/pages/integrations/fixtures.testing";
import { forget } from "@/pages/integrations/setup/memory";
import { mockApi, problem, renderPage } from "@/test/render";

const STATUS = "GET /api/v1/integrations/status";
const LOG = "GET /api/v1/integrations/deliveries";
const TEST = "POST /api/v1/integrations/int_aaaa/test";
const APP = { actor: "bootstrap", organisation: "acme", gateway_url: "https://in.example.org", scopes: ["operations"], version: "0.1.0" };
const EMPTY_LOG = { deliveries: [] };

// Pages of many parts draw slowly on a busy machine; what is waited for comes, or the test says so a little later.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 60_000 });
afterEach(forget);

describe("the page of integrations", () => {
  it("shows how each integration stands, and leads to its deliveries", async () => {
    mockApi({ [STATUS]: statusOf(), [LOG]: EMPTY_LOG });
    renderPage(<Page />, { at: "/integrations" });
    const card = await screen.findByRole("article", { name: "Panel surveys" });
    expect(within(card).getByText("Working")).toBeTruthy();
    expect(within(card).getByRole("link", { name: /Ended a session/ }).getAttribute("href")).toContain("outcome=session_completed");
    expect(within(card).getByText("never", { selector: "a[href*=unmatched] *" })).toBeTruthy();
  });

  it("leads to the guides when nothing is connected", async () => {
    mockApi({ [STATUS]: statusOf({ integrations: [], publishable_keys: [] }) });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/integrations" });
    expect(await screen.findByText("No platform is connected yet")).toBeTruthy();
    expect(screen.getByText("No publishable key yet")).toBeTruthy();
    await person.click(screen.getByRole("link", { name: "Guide for Decipher (Forsta)" }));
    expect(await screen.findByRole("heading", { name: "Connect Decipher (Forsta)" })).toBeTruthy();
  });

  it("says what failed, and goes on with the parts that did not", async () => {
    mockApi({ [STATUS]: problem(503, "database_unavailable", "The database is away."), [LOG]: { deliveries: [deliveryOf()] } });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/integrations" });
    expect((await screen.findAllByText("The database is away.")).length).toBeGreaterThan(0);
    await person.click(screen.getByRole("tab", { name: "Delivery log" }));
    expect(await screen.findByRole("table", { name: "Deliveries" })).toBeTruthy();
  });
});

describe("the delivery log", () => {
  it("asks for what the address says, and for older pages by cursor", async () => {
    const requests = mockApi({
      [STATUS]: statusOf(),
      [LOG]: ({ query }: { query: URLSearchParams }) =>
        query.has("cursor")
          ? { deliveries: [deliveryOf({ notice_id: "older", survey_id: "SV_OLD" })] }
          : { deliveries: [deliveryOf()], next_cursor: "next" },
    });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/integrations?view=log&integration=int_aaaa&outcome=session_completed&range=30d" });
    await person.click(await screen.findByRole("button", { name: "Show older" }));
    expect(await screen.findByText("SV_OLD")).toBeTruthy();
    const [first] = requests.filter(({ path }) => path.endsWith("/deliveries"));
    expect(Object.fromEntries(first!.query)).toMatchObject({ integration: "int_aaaa", outcome: "session_completed", limit: "50" });
    expect(Date.now() - Date.parse(first!.query.get("from") ?? "")).toBeGreaterThan(29 * 86_400_000);
  });

  it("writes a filter into the address", async () => {
    mockApi({ [STATUS]: statusOf(), [LOG]: EMPTY_LOG });
    const person = userEvent.setup();
    const { location } = renderPage(<Page />, { at: "/integrations?view=log" });
    await person.selectOptions(await screen.findByRole("combobox", { name: "Outcome" }), "unmatched");
    expect(new URLSearchParams(location().search).get("outcome")).toBe("unmatched");
    await person.click(await screen.findByRole("button", { name: "Clear filters" }));
    expect(new URLSearchParams(location().search).get("outcome")).toBeNull();
  });

  it("opens a row beside the list, at an address of its own", async () => {
    const unmatched = deliveryOf({ outcome: "unmatched", session_id: null, fields: {}, dropped_fields: 2 });
    mockApi({ [STATUS]: statusOf(), [LOG]: { deliveries: [unmatched] } });
    const person = userEvent.setup();
    const { location } = renderPage(<Page />, { at: "/integrations?view=log" });
    await person.click(await screen.findByRole("link", { name: /^Response completed.*: details$/ }));
    const drawer = await screen.findByRole("dialog", { name: "Delivery" });
    expect(within(drawer).getByText(/is missing or was empty/)).toBeTruthy();
    expect(within(drawer).getByText(/2 more fields were not kept/)).toBeTruthy();
    expect(location().search).toContain("delivery=notice1");
  });

  it("finds a row of a link that is on no page", async () => {
    const row = deliveryOf();
    const requests = mockApi({
      [STATUS]: statusOf(),
      [LOG]: ({ query }: { query: URLSearchParams }) => ({ deliveries: query.get("limit") === "200" ? [row] : [] }),
    });
    renderPage(<Page />, { at: `/integrations?view=log&delivery=notice1&at=${row.received_at}` });
    const drawer = await screen.findByRole("dialog", { name: "Delivery" });
    expect((await within(drawer).findByRole("link", { name: "Open the session" })).getAttribute("href")).toBe(`/sessions/${SESSION}`);
    expect(requests.find(({ query }) => query.get("limit") === "200")?.query.get("from")).toBe("2026-11-21T09:59:59.123Z");
  });
});

describe("the test console", () => {
  it("sends a partial response and shows each step", async () => {
    const requests = mockApi({ [STATUS]: statusOf(), [LOG]: EMPTY_LOG, [TEST]: reportOf() });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/integrations?view=console" });
    await person.click(await screen.findByRole("button", { name: "Send test" }));
    expect(await screen.findByText("Taken and noted.")).toBeTruthy();
    expect(screen.getByText("It is there.")).toBeTruthy();
    expect(requests.find(({ method }) => method === "POST")?.body).toEqual({ event: "partial", session_id: null, tamper: false });
  });

  it("asks before it ends a session", async () => {
    const requests = mockApi({ [STATUS]: statusOf(), [LOG]: EMPTY_LOG, [TEST]: reportOf({ outcome: "session_completed" }) });
    const person = userEvent.setup();
    const { location } = renderPage(<Page />, { at: "/integrations?view=console&event=completed" });
    await person.type(await screen.findByRole("textbox", { name: /Session id/ }), SESSION);
    await person.click(await screen.findByRole("button", { name: "Send test" }));
    expect(new URLSearchParams(location().search).get("session")).toBe(SESSION);
    const question = await screen.findByRole("alertdialog", { name: "End this session?" });
    expect(requests.some(({ method }) => method === "POST")).toBe(false);
    await person.click(within(question).getByRole("button", { name: "Send and end the session" }));
    expect(await screen.findByText("Taken. It named a session, which has ended.")).toBeTruthy();
    expect(requests.find(({ method }) => method === "POST")?.body).toEqual({ event: "completed", session_id: SESSION, tamper: false });
  });

  it("refuses what cannot be meant, without asking the server", async () => {
    const decipher = integration({ platform: "decipher", secrets: 0 });
    const requests = mockApi({ [STATUS]: statusOf({ integrations: [decipher] }), [LOG]: EMPTY_LOG });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/integrations?view=console&event=completed" });
    await person.click(await screen.findByRole("button", { name: "Send test" }));
    expect((await screen.findByRole("alert")).textContent).toContain("name one");
    expect(requests.some(({ method }) => method === "POST")).toBe(false);
  });

  it("says why nothing can be sent", async () => {
    mockApi({ [STATUS]: statusOf({ can_test: false }), [LOG]: EMPTY_LOG });
    renderPage(<Page />, { at: "/integrations?view=console" });
    expect(await screen.findByText("This installation cannot send tests")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send test" }).disabled).toBe(true);
  });

  it("shows a refusal of the API", async () => {
    mockApi({ [STATUS]: statusOf(), [LOG]: EMPTY_LOG, [TEST]: problem(403, "scope_missing", "The key lacks a scope.", "operations") });
    const person = userEvent.setup();
    renderPage(<Page />, { at: "/integrations?view=console" });
    await person.click(await screen.findByRole("button", { name: "Send test" }));
    expect(await screen.findByText("The key lacks a scope.")).toBeTruthy();
  });
});

describe("the guides", () => {
  it("fill snippets with what this installation says and what is pasted", async () => {
    mockApi({ [STATUS]: statusOf(), "GET /api/v1/app": APP });
    const person = userEvent.setup();
    const { container } = renderPage(<Page />, { at: "/integrations?view=guides&platform=qualtrics" });
    await person.type(await screen.findByRole("textbox", { name: "Publishable key" }), "pk_live_abcdwxyz");
    expect(screen.getByText("This is the key “Survey pages”.")).toBeTruthy();
    await waitFor(() => expect(container.textContent).toContain("https://in.example.org/sdk/v1/candor.js"));
    expect(container.textContent).toContain('data-key="pk_live_abcdwxyz"');
    expect(container.textContent).toContain("/api/v1/integrations/webhooks/qualtrics?integration=int_aaaa");
    expect(JSON.stringify(localStorage)).not.toContain("pk_live");
  });

  it("throw a secret key away at once", async () => {
    mockApi({ [STATUS]: statusOf() });
    const person = userEvent.setup();
    const { container } = renderPage(<Page />, { at: "/integrations?view=guides&platform=generic" });
    const field = await screen.findByRole<HTMLInputElement>("textbox", { name: "Publishable key" });
    await person.click(field);
    await person.paste("sk_live_verysecret");
    expect(field.value).toBe("");
    expect((await screen.findByRole("alert")).textContent).toContain("thrown away");
    expect(container.innerHTML).not.toContain("verysecret");
  });
});
