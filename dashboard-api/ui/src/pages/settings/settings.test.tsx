import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import SettingsPage from "@/pages/settings";
import { KNOWN, PREVIEW, settingsAnswer } from "@/pages/settings/fixtures";
import { mockApi, problem, renderPage, reply, type Request } from "@/test/render";

const SETTINGS = "/api/v1/surveys/SV_1/settings";
const AT = "/settings?survey=SV_1";

const tagged = (version: number, extra = {}) => reply(200, settingsAnswer(version, extra), { etag: `"${version}.abc"` });

const answers = (extra: Record<string, unknown> = {}) => ({
  [`GET ${SETTINGS}`]: tagged(3),
  "GET /api/v1/rulesets": { ...KNOWN, next_cursor: null },
  "GET /api/v1/dashboard/surveys": { surveys: [{ survey_id: "SV_1" }, { survey_id: "SV_2" }], next_cursor: null },
  ...extra,
});

const number = (title: string) => screen.findByLabelText(`${title}, number`);

async function setNumber(title: string, value: string) {
  const user = userEvent.setup();
  const box = await number(title);
  await user.clear(box);
  await user.type(box, value);
}

const writes = (requests: Request[]) => requests.filter(({ method }) => method === "PUT");

describe("choosing a survey", () => {
  it("lists surveys, says which have settings, and opens the chosen one", async () => {
    mockApi(answers());
    const { location } = renderPage(<SettingsPage />, { at: "/settings" });
    const list = await screen.findByRole("list", { name: "Surveys" });
    await waitFor(() => expect(within(list).getByRole("link", { name: /SV_2/ }).textContent).toContain("own settings"));
    await userEvent.click(within(list).getByRole("link", { name: "SV_1" }));
    expect(location().search).toBe("?survey=SV_1");
    expect(await number("High risk")).toHaveProperty("value", "0.6");
  });

  it("opens a survey that nothing is known of yet", async () => {
    mockApi(answers({ "GET /api/v1/dashboard/surveys": ({ query }: Request) => ({ surveys: query.get("q") === null ? [{ survey_id: "SV_1" }] : [], next_cursor: null }) }));
    renderPage(<SettingsPage />, { at: "/settings" });
    await userEvent.type(await screen.findByLabelText("Find a survey"), "New one");
    expect((await screen.findByRole("link", { name: "Open “New one”" })).getAttribute("href")).toContain("survey=New+one");
  });

  it("says what to do when there is no survey, and when the list fails", async () => {
    mockApi(answers({ "GET /api/v1/dashboard/surveys": { surveys: [], next_cursor: null } }));
    const { unmount } = renderPage(<SettingsPage />, { at: "/settings" });
    expect(await screen.findByRole("link", { name: "Quick start" })).toBeTruthy();
    unmount();
    mockApi(answers({ "GET /api/v1/dashboard/surveys": problem(503, "database_unavailable", "The database cannot be reached.") }));
    renderPage(<SettingsPage />, { at: "/settings" });
    expect(await screen.findByText("The database cannot be reached.")).toBeTruthy();
  });
});

describe("changing settings", () => {
  it("sends what differs, with the tag that was read, and shows what was saved", async () => {
    const requests = mockApi(answers({ [`PUT ${SETTINGS}`]: () => tagged(4, { settings: { thresholds: { high_score: 0.7 } }, publication: { state: "pending", failed_attempts: 0 } }) }));
    renderPage(<SettingsPage />, { at: AT });
    const save = await screen.findByRole("button", { name: "Save" });
    expect(save).toHaveProperty("disabled", true);
    await setNumber("High risk", "0.7");
    expect(screen.getByRole("button", { name: "1 change" })).toBeTruthy();
    await userEvent.click(save);
    await waitFor(() => expect(writes(requests)).toHaveLength(1));
    const [write] = writes(requests);
    expect(write?.headers.get("if-match")).toBe('"3.abc"');
    expect(write?.body).toEqual({ thresholds: { high_score: 0.7 } });
    expect(await screen.findByText("Nothing changed")).toBeTruthy();
    expect(screen.getByText("not told yet")).toBeTruthy();
  });

  it("does not save what cannot be right, and sets a number back", async () => {
    mockApi(answers());
    renderPage(<SettingsPage />, { at: AT });
    await setNumber("Medium risk", "0.9");
    expect(screen.getByText("Must not be above High risk (0.60).")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
    await userEvent.click(screen.getByRole("button", { name: "Set Medium risk back to the ruleset's" }));
    expect(screen.getByText("Nothing changed")).toBeTruthy();
  });

  it("shows the server's mistakes at the values", async () => {
    const refusal = reply(422, { status: 422, code: "invalid_body", title: "Members are wrong.", errors: [{ pointer: "/model", code: "unknown_model", detail: "there is no such model" }] });
    mockApi(answers({ [`PUT ${SETTINGS}`]: refusal }));
    renderPage(<SettingsPage />, { at: AT });
    await userEvent.selectOptions(await screen.findByLabelText("Learned model"), "Another version…");
    await userEvent.type(screen.getByLabelText("Version of the model"), "trees-9");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.getAllByText("there is no such model").length).toBeGreaterThan(0));
    expect(screen.getByLabelText("Version of the model").getAttribute("aria-invalid")).toBe("true");
  });

  it("takes the survey back to its organisation's settings after asking", async () => {
    const requests = mockApi(answers({ [`PUT ${SETTINGS}`]: () => tagged(4) }));
    renderPage(<SettingsPage />, { at: AT });
    await userEvent.click(await screen.findByRole("button", { name: "Back to the organisation's" }));
    const dialog = await screen.findByRole("alertdialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Back to the organisation's" }));
    await waitFor(() => expect(writes(requests)[0]?.body).toEqual({}));
  });
});

describe("when somebody else saves first", () => {
  /** Version 3 is read first; the save is refused, and then there is version 4. */
  function conflict() {
    let version = 3;
    return mockApi(
      answers({
        [`GET ${SETTINGS}`]: () => tagged(version, version === 3 ? {} : { updated_by: "key_2", settings: { model: "trees-1", thresholds: { high_score: 0.65 } } }),
        [`PUT ${SETTINGS}`]: ({ headers }: Request) => {
          if (headers.get("if-match") === '"4.abc"') return tagged(5, { settings: { model: "trees-1", thresholds: { high_score: 0.7 } } });
          version = 4;
          return problem(412, "precondition_failed", "The settings were changed in between.");
        },
      }),
    );
  }

  it("shows both, keeps mine over theirs, and saves with their tag", async () => {
    const requests = conflict();
    renderPage(<SettingsPage />, { at: AT });
    await setNumber("High risk", "0.7");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    const banner = await screen.findByRole("alert", { name: "Somebody else has changed these settings" });
    const row = within(banner).getByRole("row", { name: /High risk/ });
    expect(row.textContent).toContain("0.650.70");
    expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
    await userEvent.click(within(banner).getByRole("button", { name: "Keep mine over theirs" }));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(writes(requests)).toHaveLength(2));
    expect(writes(requests)[1]?.headers.get("if-match")).toBe('"4.abc"');
    expect(writes(requests)[1]?.body).toEqual({ model: "trees-1", thresholds: { high_score: 0.7 } });
  });

  it("takes theirs", async () => {
    conflict();
    renderPage(<SettingsPage />, { at: AT });
    await setNumber("High risk", "0.7");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await userEvent.click(await screen.findByRole("button", { name: "Take theirs" }));
    expect(await number("High risk")).toHaveProperty("value", "0.65");
    expect(screen.getByText("Nothing changed")).toBeTruthy();
  });
});

describe("leaving", () => {
  it("asks before changes are lost, and stays or goes", async () => {
    mockApi(answers());
    const { router, location } = renderPage(<SettingsPage />, { at: AT });
    await setNumber("High risk", "0.7");
    await userEvent.click(screen.getByRole("tab", { name: "Rulesets" }));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Cancel" }));
    expect(location().search).toBe("?survey=SV_1");
    expect(await number("High risk")).toHaveProperty("value", "0.7");
    await act(() => router.navigate("/overview"));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Leave" }));
    await waitFor(() => expect(location().pathname).toBe("/overview"));
  });
});

describe("preview", () => {
  it("tries unsaved thresholds and shows what would change", async () => {
    const requests = mockApi(answers({ "POST /api/v1/rulesets/preview": PREVIEW }));
    renderPage(<SettingsPage />, { at: AT });
    await setNumber("Counts as a bot", "0.5");
    await userEvent.click(screen.getByRole("button", { name: "Preview" }));
    const risks = await screen.findByRole("table", { name: "By risk" });
    expect(within(risks).getByRole("row", { name: /High/ }).textContent).toBe("High1012+2");
    const asked = requests.find(({ method }) => method === "POST");
    expect(asked?.body).toMatchObject({ survey: "SV_1", limit: 200, thresholds: { bot_score: 0.5 } });
    expect(screen.getByRole("link", { name: "…b315f763" }).getAttribute("href")).toBe("/sessions/01a20292-e22b-75e3-b32f-2a4cb315f763");
    expect(screen.getByText("Their raw events are not stored, or no longer.", { exact: false })).toBeTruthy();
    await setNumber("Counts as a bot", "0.4");
    expect(screen.getByText("These figures are of earlier thresholds or another choice of sessions.")).toBeTruthy();
  });

  it("says that previews are busy without taking the page", async () => {
    mockApi(answers({ "POST /api/v1/rulesets/preview": problem(503, "previews_busy", "As many previews are running as may.") }));
    renderPage(<SettingsPage />, { at: AT });
    await userEvent.click(await screen.findByRole("button", { name: "Preview" }));
    expect(await screen.findByText("As many previews are running as may.")).toBeTruthy();
    expect(await number("High risk")).toBeTruthy();
  });
});

describe("other areas", () => {
  it("lists rulesets and compares two of them", async () => {
    mockApi(answers());
    renderPage(<SettingsPage />, { at: "/settings?tab=rulesets" });
    const table = await screen.findByRole("table", { name: "Thresholds of builtin-1 beside strict-2" });
    expect(within(table).getAllByRole("row")).toHaveLength(2);
    expect(within(table).getByText("0.45")).toBeTruthy();
    expect(screen.getByRole("link", { name: "SV_2" })).toBeTruthy();
  });

  it("changes the appearance", async () => {
    mockApi(answers());
    renderPage(<SettingsPage />, { at: "/settings?tab=appearance" });
    await userEvent.click(await screen.findByRole("radio", { name: "Compact" }));
    expect(document.documentElement.dataset["density"]).toBe("compact");
    await userEvent.click(screen.getByRole("radio", { name: "Comfortable" }));
  });

  it("tells about the server, and keeps those who may not change from trying", async () => {
    const facts = { version: "0.1.0", organisation: "acme", actor: "key_7", scopes: ["verdicts:read"], gateway_url: "https://collect.test" };
    mockApi(answers({ "GET /api/v1/app": facts }));
    const { router } = renderPage(<SettingsPage />, { at: "/settings?tab=about" });
    expect(await screen.findByText("https://collect.test")).toBeTruthy();
    expect(screen.getByText("verdicts:read")).toBeTruthy();
    await act(() => router.navigate(AT));
    expect(await number("High risk")).toHaveProperty("disabled", true);
    expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  });
});
