import { readFileSync } from "node:fs";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import PlaygroundPage from "@/pages/playground";
import { forgetAll } from "@/pages/playground/recent";
import { mockApi, problem, renderPage, reply } from "@/test/render";

const DOCUMENT: unknown = JSON.parse(readFileSync("../tests/fixtures/openapi.json", "utf8"));

const answers = (extra: Record<string, unknown> = {}) => ({ "GET /openapi.json": DOCUMENT, ...extra });
const at = (query: string) => ({ at: `/playground?${query}` });
const send = () => screen.findByRole("button", { name: "Send" });
const content = () => screen.findByRole("region", { name: "Content of the answer" });

beforeEach(() => forgetAll());

describe("choosing an operation", () => {
  it("finds one by its words and links to it", async () => {
    mockApi(answers());
    const { location } = renderPage(<PlaygroundPage />, at(""));
    await userEvent.type(await screen.findByLabelText("Find an operation"), "campaigns kind");
    const link = await screen.findByRole("link", { name: /campaigns\/\s*\{kind\}/ });
    await waitFor(() => expect(within(screen.getByRole("navigation", { name: "Operations" })).getAllByRole("link")).toHaveLength(1));
    await userEvent.click(link);
    expect(location().search).toBe("?op=campaign");
    expect(await screen.findByText("One campaign with its sessions, newest first.")).toBeTruthy();
  });

  it("says when a link names an operation that this server does not have", async () => {
    mockApi(answers());
    renderPage(<PlaygroundPage />, at("op=gone"));
    expect(await screen.findByText("There is no operation “gone” on this server")).toBeTruthy();
  });

  it("says when the document cannot be read, and when it does not come", async () => {
    mockApi({ "GET /openapi.json": { swagger: "2.0" } });
    const { unmount } = renderPage(<PlaygroundPage />, at(""));
    expect(await screen.findByText("The server's API document cannot be read")).toBeTruthy();
    unmount();
    mockApi({ "GET /openapi.json": problem(503, "starting", "Candor is starting") });
    renderPage(<PlaygroundPage />, at(""));
    expect(await screen.findByRole("button", { name: "Try again" })).toBeTruthy();
  });
});

describe("sending", () => {
  it("sends what the address says, and shows status, headers and content", async () => {
    const requests = mockApi(answers({ "GET /api/v1/dashboard/overview": reply(200, { sessions: { total: 7 } }, { "x-request-id": "r-1" }) }));
    renderPage(<PlaygroundPage />, at("op=overview&p.query.range=7d"));
    await userEvent.click(await send());
    expect((await content()).textContent).toContain('"total": 7');
    expect(requests.at(-1)?.query.get("range")).toBe("7d");
    expect(screen.getAllByText("200 OK").length).toBeGreaterThan(0);
    expect(screen.getByText("x-request-id")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Fill in again: GET /api/v1/dashboard/overview?range=7d" })).toBeTruthy();
  });

  it("does not send without what is needed", async () => {
    const requests = mockApi(answers());
    renderPage(<PlaygroundPage />, at("op=survey"));
    await userEvent.click(await send());
    expect(await screen.findByText("Needed before it can be sent.")).toBeTruthy();
    expect(requests).toHaveLength(1);
  });

  it("goes on to the next page and says so in the address", async () => {
    mockApi(answers({ "GET /api/v1/dashboard/sessions": ({ query }: { query: URLSearchParams }) => (query.get("cursor") === "c2" ? { sessions: [] } : { sessions: [], next_cursor: "c2" }) }));
    const { location } = renderPage(<PlaygroundPage />, at("op=sessions"));
    await userEvent.click(await send());
    await userEvent.click(await screen.findByRole("button", { name: "Next page" }));
    await waitFor(() => expect(location().search).toContain("p.query.cursor=c2"));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Next page" })).toBeNull());
  });

  it("shows that nothing answered", async () => {
    mockApi(answers({ "GET /api/v1/dashboard/overview": () => { throw new TypeError("no network"); } }));
    renderPage(<PlaygroundPage />, at("op=overview"));
    await userEvent.click(await send());
    expect(await screen.findByText("Candor cannot be reached")).toBeTruthy();
  });

  it("does not offer to send a WebSocket", async () => {
    mockApi(answers());
    renderPage(<PlaygroundPage />, at("op=socket"));
    expect(await screen.findByText("A WebSocket cannot be sent from here.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Send" })).toBeNull();
  });
});

describe("writing", () => {
  const PREVIEW = "POST /api/v1/rulesets/preview";

  it("asks once, sends the form as JSON, and shows the server's mistakes at the members", async () => {
    const refusal = reply(422, { status: 422, code: "invalid_body", title: "Wrong.", errors: [{ pointer: "/thresholds/bot_scor", code: "unknown", detail: "no threshold" }, { pointer: "/limit", code: "invalid", detail: "1 to 2000" }] });
    const requests = mockApi(answers({ [PREVIEW]: refusal }));
    renderPage(<PlaygroundPage />, at("op=preview"));
    await userEvent.type(await screen.findByLabelText(/^limit/), "9000");
    await userEvent.click(screen.getByLabelText(/^thresholds/));
    await userEvent.paste('{"bot_scor": 0.5}');
    await userEvent.click(await send());
    const dialog = await screen.findByRole("alertdialog", { name: "Send this POST request?" });
    expect(requests).toHaveLength(1);
    await userEvent.click(within(dialog).getByRole("checkbox"));
    await userEvent.click(within(dialog).getByRole("button", { name: "Send it" }));
    expect(await screen.findByText("/thresholds/bot_scor: no threshold")).toBeTruthy();
    expect(requests.at(-1)?.body).toEqual({ limit: 9000, thresholds: { bot_scor: 0.5 } });
    expect(screen.getByLabelText(/^limit/).getAttribute("aria-invalid")).toBe("true");
    // Trusted from now on.
    await userEvent.click(await send());
    await waitFor(() => expect(requests).toHaveLength(3));
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("writes the same body as JSON", async () => {
    mockApi(answers());
    renderPage(<PlaygroundPage />, at("op=preview"));
    await userEvent.type(await screen.findByLabelText(/^limit/), "5");
    await userEvent.click(screen.getByRole("radio", { name: "JSON" }));
    const editor = screen.getByLabelText("Body as JSON");
    expect(editor).toHaveProperty("value", '{\n  "limit": 5\n}');
    await userEvent.type(editor, "x");
    expect(screen.getByText(/This is no JSON/)).toBeTruthy();
    await userEvent.click(screen.getByRole("radio", { name: "Form" }));
    expect(screen.getByText(/This is no JSON/)).toBeTruthy();
  });

  it("keeps a secret out of the command, the address and what is remembered", async () => {
    const requests = mockApi(answers({ "POST /api/v1/sign-in": reply(204) }));
    const { location, container } = renderPage(<PlaygroundPage />, at("op=sign_in"));
    const key = await screen.findByLabelText(/^key/);
    expect(key.getAttribute("type")).toBe("password");
    await userEvent.type(key, "sk_test_geheim");
    await userEvent.click(await send());
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Send it" }));
    await waitFor(() => expect(requests.some(({ path }) => path === "/api/v1/sign-in")).toBe(true));
    expect(await screen.findByText("its secret is not kept")).toBeTruthy();
    expect(location().search).not.toContain("geheim");
    expect(container.textContent).not.toContain("geheim");
    await userEvent.click(screen.getByRole("button", { name: /Fill in again/ }));
    expect(screen.getByLabelText(/^key/)).toHaveProperty("value", "");
  });
});
