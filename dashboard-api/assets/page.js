// The live page: asks the API once a second and shows what it says. Nothing is ever inserted as
// markup, so no text of a session can become part of the page's code.
"use strict";

const INTERVAL_MS = 1000;
const RISKS = ["LOW", "MEDIUM", "HIGH", "CRITICAL"];
const WORDS = {
  human: "human", scripted_bot: "scripted bot", ai_agent: "AI agent", ai_assisted: "AI assisted",
  declared_agent: "declared agent", insufficient_data: "too little data", accept: "accept", review: "review",
  exclude: "exclude after review", max_length: "longest duration reached", LOW: "Low", MEDIUM: "Medium",
  HIGH: "High", CRITICAL: "Critical", running: "while running", requested: "on request", final: "final",
};

const byId = (id) => document.getElementById(id);
const word = (name) => WORDS[name] ?? name ?? "";
const count = (number) => Number(number).toLocaleString("en");
const percent = (score) => `${Math.round(score * 100)} %`;
const time = (text) => new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

let chosen = null;
let opener = null;
let timer = null;
let turn = 0;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function setText(node, text) {
  // An unchanged text is left alone, so that selections stay and nothing is announced again.
  if (node.textContent !== text) node.textContent = text;
}

function riskBadge(level) {
  const label = level ? word(level) : "no verdict";
  return element("span", label, `risk risk-${level ?? "none"}`);
}

async function ask(path) {
  const response = await fetch(path, { headers: { accept: "application/json" }, credentials: "same-origin" });
  if (response.status === 401) throw new SignedOut();
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.title ?? `The API answers ${response.status}.`);
  }
  return response.json();
}

class SignedOut extends Error {}

function say(text, kind) {
  const state = byId("state");
  setText(state, text);
  state.className = `state ${kind}`;
}

function showSignIn(message) {
  byId("live").hidden = true;
  byId("sign-out").hidden = true;
  const wasHidden = byId("sign-in").hidden;
  byId("sign-in").hidden = false;
  if (message) setText(byId("sign-in-error"), message);
  if (wasHidden) byId("key").focus();
  say("not signed in", "");
}

function showOverview(overview) {
  const { sessions, verdicts } = overview;
  const figures = [
    ["Sessions", sessions.total], ["Active", sessions.active], ["Completed", sessions.completed],
    ["Bots flagged", verdicts.bots_flagged], ["High or critical", verdicts.by_risk.HIGH + verdicts.by_risk.CRITICAL],
    ["Events", overview.events],
  ];
  const list = byId("counters");
  figures.forEach(([label, value], index) => {
    let box = list.children[index];
    if (!box) {
      box = element("div");
      box.append(element("dt", label), element("dd"));
      list.append(box);
    }
    setText(box.lastChild, count(value));
  });
  showRisks(verdicts);
  const classes = Object.entries(verdicts.by_class).filter(([, number]) => number > 0);
  const items = classes.map(([name, number]) => element("li", `${word(name)}: ${count(number)}`));
  byId("classes").replaceChildren(...items);
}

function showRisks(verdicts) {
  const space = "http://www.w3.org/2000/svg";
  const bar = document.createElementNS(space, "svg");
  bar.setAttribute("viewBox", "0 0 100 1");
  bar.setAttribute("preserveAspectRatio", "none");
  let start = 0;
  for (const level of RISKS) {
    const width = verdicts.total ? (100 * verdicts.by_risk[level]) / verdicts.total : 0;
    const part = document.createElementNS(space, "rect");
    part.setAttribute("x", start);
    part.setAttribute("width", width);
    part.setAttribute("height", 1);
    part.setAttribute("class", `fill-${level}`);
    bar.append(part);
    start += width;
  }
  const parts = RISKS.map((level) => `${word(level)} ${count(verdicts.by_risk[level])}`).join(", ");
  byId("risk-bar").setAttribute("aria-label", verdicts.total ? `Verdicts by risk: ${parts}` : "No verdict yet");
  byId("risk-bar").replaceChildren(bar);
}

function makeRow(id) {
  const row = element("tr");
  row.dataset.id = id;
  const button = element("button", `…${id.slice(-12)}`);
  button.type = "button";
  button.title = id;
  button.setAttribute("aria-label", `Details of session ${id}`);
  button.addEventListener("click", () => choose(id, button));
  const first = element("td");
  first.append(button, element("small"));
  const cells = ["risk-cell", "number", "class", "number events", "reason"].map((name) => element("td", "", name));
  row.append(first, ...cells);
  return row;
}

function fillRow(row, session) {
  const [first, risk, score, kind, events, reason] = row.children;
  setText(first.lastChild, `${time(session.updated_at)} · ${word(session.status)}`);
  if (risk.dataset.level !== String(session.effective_risk)) {
    risk.dataset.level = String(session.effective_risk);
    risk.replaceChildren(riskBadge(session.effective_risk));
  }
  // The level and the score beside it are of the same kind: the higher of verdict and findings.
  const shown = session.effective_score ?? session.confidence_score;
  setText(score, shown === null ? "–" : percent(shown));
  setText(kind, word(session.class) || "–");
  setText(events, count(session.event_count));
  // What several sessions have in common comes first where it decides the risk.
  const shared = session.effective_score > (session.confidence_score ?? 0) ? session.first_finding : null;
  setText(reason, shared ?? session.first_reason ?? session.first_finding ?? session.summary ?? "");
  row.className = session.session_id === chosen ? "chosen" : "";
}

function showSessions(page) {
  const body = byId("rows");
  const known = new Map([...body.children].map((row) => [row.dataset.id, row]));
  page.sessions.forEach((session, index) => {
    const row = known.get(session.session_id) ?? makeRow(session.session_id);
    known.delete(session.session_id);
    fillRow(row, session);
    // A row that is in its place is not moved: moving would take the keyboard's focus away.
    if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null);
  });
  for (const row of known.values()) row.remove();
  byId("empty").hidden = page.sessions.length > 0;
}

function facts(pairs) {
  const list = element("dl", null, "facts");
  for (const [name, value] of pairs) {
    if (value) list.append(element("dt", name), element("dd", value));
  }
  return list;
}

function reasonList(verdict) {
  const list = element("ul");
  for (const reason of verdict.reasons) {
    const item = element("li", reason.text);
    item.append(element("br"), element("small", `${reason.code}, weight ${percent(reason.weight)}`));
    list.append(item);
  }
  return verdict.reasons.length ? list : element("p", "Nothing speaks for automation.");
}

function findingList(findings) {
  const list = element("ul");
  for (const finding of findings) {
    const item = element("li", finding.text);
    item.append(element("br"), element("small", `${finding.code}, weight ${percent(finding.score)}`));
    const others = element("ul");
    for (const id of finding.other_sessions) {
      const button = element("button", `…${id.slice(-12)}`);
      button.type = "button";
      button.title = id;
      button.setAttribute("aria-label", `Details of session ${id}`);
      button.addEventListener("click", () => choose(id, opener));
      const other = element("li");
      other.append(button);
      others.append(other);
    }
    if (finding.other_sessions.length) item.append(others);
    list.append(item);
  }
  return list;
}

function methodBars(verdict) {
  return Object.entries(verdict.method_scores).map(([name, score]) => {
    const row = element("div", null, "method");
    const bar = element("progress");
    bar.max = 1;
    bar.value = score;
    bar.setAttribute("aria-label", `${name}: ${percent(score)}`);
    row.append(element("span", name), bar, element("span", percent(score), "number"));
    return row;
  });
}

function showDetails(details) {
  const { session } = details;
  const verdict = session.verdict;
  const parts = [element("p", session.session_id, "id")];
  if (verdict) {
    parts.push(riskBadge(session.effective_risk), element("p", verdict.summary));
  } else {
    parts.push(element("p", session.status === "pending" ? "Accepted, not stored yet." : "No verdict yet."));
  }
  parts.push(facts([
    ["State", word(session.status)], ["Class", verdict && word(verdict.class)],
    ["Score", verdict && percent(verdict.confidence_score)], ["Advice", verdict && word(verdict.recommended_action)],
    ["Platform", session.platform], ["Survey", session.survey_id], ["Respondent", session.respondent_id],
    ["Created", new Date(session.created_at).toLocaleString()],
  ]));
  if (details.findings.length) parts.push(element("h4", "In common with other sessions"), findingList(details.findings));
  if (verdict) {
    parts.push(element("h4", "Why"), reasonList(verdict));
    parts.push(element("h4", "Methods"), ...methodBars(verdict));
    const missing = verdict.data_sufficiency.absent.join(", ");
    if (missing) parts.push(element("p", `Not seen: ${missing}.`, "state"));
  }
  const events = Object.entries(details.event_counts).sort((a, b) => b[1] - a[1]);
  if (events.length) parts.push(element("h4", "Events"), facts(events.map(([name, number]) => [name, count(number)])));
  if (details.revisions.length) {
    const steps = details.revisions.slice(0, 10).map(({ verdict: step }) => element("li",
      `${time(step.judged_at)}: ${word(step.risk_level)}, ${percent(step.confidence_score)} (${word(step.revision.phase)})`));
    const list = element("ul");
    list.append(...steps);
    parts.push(element("h4", "Verdicts over time"), list);
  }
  byId("details-body").replaceChildren(...parts);
}

async function refreshDetails() {
  const asked = chosen;
  if (!asked) return;
  const details = await ask(`/api/v1/dashboard/sessions/${encodeURIComponent(asked)}/details?events_limit=0`);
  const key = JSON.stringify(details);
  const body = byId("details-body");
  if (asked !== chosen || body.dataset.key === key) return;
  body.dataset.key = key;
  showDetails(details);
}

async function choose(id, button) {
  chosen = id;
  opener = button;
  byId("details-body").replaceChildren(element("p", "Reading…"));
  delete byId("details-body").dataset.key;
  byId("details").hidden = false;
  for (const row of byId("rows").children) row.className = row.dataset.id === id ? "chosen" : "";
  byId("details").focus();
  try {
    await refreshDetails();
  } catch (error) {
    fail(error);
  }
}

function closeDetails() {
  chosen = null;
  byId("details").hidden = true;
  for (const row of byId("rows").children) row.className = "";
  if (opener && opener.isConnected) opener.focus();
}

function fail(error) {
  if (error instanceof SignedOut) showSignIn();
  else say(`no fresh figures: ${error.message}`, "away");
}

async function refresh() {
  const mine = (turn += 1);
  clearTimeout(timer);
  if (!document.hidden) {
    try {
      const risk = encodeURIComponent(byId("risk").value);
      const [overview, page] = await Promise.all([
        ask(`/api/v1/dashboard/overview?range=${byId("range").value}`),
        ask(`/api/v1/dashboard/sessions?limit=50&risk=${risk}`),
        refreshDetails(),
      ]);
      if (mine !== turn) return;
      byId("sign-in").hidden = true;
      byId("live").hidden = false;
      byId("sign-out").hidden = false;
      showOverview(overview);
      showSessions(page);
      say("live", "live");
    } catch (error) {
      if (mine !== turn) return;
      fail(error);
      if (error instanceof SignedOut) return;
    }
  }
  timer = setTimeout(refresh, INTERVAL_MS);
}

async function post(path, body) {
  const headers = body ? { "content-type": "application/json" } : {};
  return fetch(path, { method: "POST", headers, body: body && JSON.stringify(body), credentials: "same-origin" });
}

byId("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("key");
  setText(byId("sign-in-error"), "");
  try {
    const response = await post("/api/v1/sign-in", { key: field.value.trim() });
    if (response.ok) {
      field.value = "";
      await refresh();
      return;
    }
    const problem = await response.json().catch(() => ({}));
    setText(byId("sign-in-error"), problem.title ?? "The sign-in failed.");
  } catch {
    setText(byId("sign-in-error"), "The API cannot be reached.");
  }
  field.focus();
});

byId("sign-out").addEventListener("click", async () => {
  await post("/api/v1/sign-out").catch(() => {});
  closeDetails();
  byId("rows").replaceChildren();
  refresh();
});

byId("close").addEventListener("click", closeDetails);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) closeDetails();
});
byId("range").addEventListener("change", refresh);
byId("risk").addEventListener("change", refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

if (new URLSearchParams(location.search).get("sign-in") === "expired") {
  history.replaceState(null, "", "/");
  showSignIn("The link has expired. Ask for a new one, or give the key.");
}
const linked = location.hash.match(/^#session=([0-9a-f-]{36})$/);
if (linked) choose(linked[1], null);
refresh();
