/**
 * One Chromium for a file of tests, a context of its own for each test. A test fails on anything that a page complains
 * about and that it has not announced: console errors, uncaught errors, violations of the page's policy, failed requests.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run cargo test -p e2e --test app`);
  return value;
}

export const API = variable("CANDOR_TEST_API");
export const GATEWAY = variable("CANDOR_TEST_GATEWAY");
export const KEY = variable("CANDOR_TEST_KEY");
const CONTROL = variable("CANDOR_TEST_CONTROL");

const FAILURES = fileURLToPath(new URL("../../../../target/browser-failures/", import.meta.url));
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser: Browser | undefined;
let visitors: Visitor[] = [];

beforeAll(async () => {
  const executablePath = process.env["CANDOR_CHROMIUM"] ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
});

afterAll(async () => {
  await browser?.close();
});

afterEach(async ({ task }) => {
  const gone = visitors;
  visitors = [];
  for (const [place, visitor] of gone.entries()) {
    if (task.result?.state === "fail") await visitor.keepPicture(`${task.name} ${place + 1}`);
    await visitor.page.context().close();
  }
});

/** How long a page is waited for. A page on a quiet machine needs a hundredth of it. */
const PATIENCE = 90_000;

export interface OpenOptions {
  width?: number;
  height?: number;
  theme?: "light" | "dark";
  signedIn?: boolean;
}

/** A page of a new visitor, signed in unless told otherwise. */
export async function open(path: string, options: OpenOptions = {}): Promise<Visitor> {
  const { width = 1440, height = 900, theme = "light", signedIn = true } = options;
  if (browser === undefined) throw new Error("Chromium has not started");
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    baseURL: API,
    acceptDownloads: true,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENCE);
  if (signedIn) {
    const answer = await context.request.post("/api/v1/sign-in", { data: { key: KEY } });
    expect(answer.status()).toBe(204);
  }
  const visitor = new Visitor(await context.newPage());
  visitors.push(visitor);
  await visitor.page.goto(path);
  return visitor;
}

/** A page, and what it has complained about. */
export class Visitor {
  readonly page: Page;
  readonly #complaints: string[] = [];
  readonly #announced: RegExp[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error") this.#complain(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#complain(`error: ${error.stack ?? error.message}`));
    page.on("requestfailed", (request) => {
      // A read that is not wanted any more is cancelled.
      if (request.failure()?.errorText !== "net::ERR_ABORTED") {
        this.#complain(`request: ${request.method()} ${request.url()} ${request.failure()?.errorText ?? ""}`);
      }
    });
  }

  /** What the page may complain about: the test is about it. */
  expects(...patterns: RegExp[]): this {
    this.#announced.push(...patterns);
    return this;
  }

  /** Fails if the page has complained about something else. */
  isContent(): void {
    expect(this.#complaints.filter((text) => !this.#announced.some((pattern) => pattern.test(text)))).toEqual([]);
  }

  #complain(text: string): void {
    this.#complaints.push(text);
  }

  /** For whoever has to find out why a test failed. */
  async keepPicture(name: string): Promise<void> {
    if (this.page.isClosed()) return;
    await mkdir(FAILURES, { recursive: true });
    const file = name.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 80);
    await this.page.screenshot({ path: join(FAILURES, `${file}.png`), fullPage: true });
    await writeFile(join(FAILURES, `${file}.txt`), [this.page.url(), ...this.#complaints].join("\n"));
    console.log(`picture of the page: target/browser-failures/${file}.png`);
  }
}

/** Breaks or mends something; see `e2e/tests/app/control.rs`. */
export async function control(
  action: "api/stop" | "api/start" | "database/cut" | "database/heal" | "letter",
): Promise<void> {
  const answer = await fetch(`${CONTROL}/${action}`, { method: "POST" });
  expect(answer.ok).toBe(true);
}

const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };

/** Posts to the gateway as a survey platform does. */
async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(GATEWAY + path, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
}

/** A new session; its id. */
export async function createSession(survey: string, more: Record<string, unknown> = {}): Promise<string> {
  const made = await post("/api/v1/detection/sessions", { platform: "web", survey_id: survey, ...more });
  return String(made["session_id"]);
}

export const postEvents = (id: string, events: unknown[]): Promise<Record<string, unknown>> =>
  post(`/api/v1/detection/sessions/${id}/events`, events);

export const complete = (id: string): Promise<Record<string, unknown>> =>
  post(`/api/v1/detection/sessions/${id}/complete`, {});

/** Clicks without duration, as scripts make them: a verdict of high risk. */
export function scriptedClicks(count = 30, start = Date.now() - 60_000): unknown[] {
  return Array.from({ length: count }, (_, index) => ({
    event_type: "click",
    timestamp: start + index * 700,
    data: { x: (index * 37) % 900, y: (index * 53) % 600, hold: 1 },
  }));
}

/** Asks the API, signed in by the key. */
export async function ask(path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(API + path, { headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/**
 * How much longer than alone something takes at the moment, at least 1: by the share of a core that a busy loop gets, and by
 * how many tasks wait for each core. Budgets are of a machine that does nothing else; on a busy one they grow by this.
 */
export function crowding(): number {
  const begin = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - begin < 300);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1000 / (performance.now() - begin);
  return Math.max(1, 1 / share, (loadavg()[0] ?? 0) / availableParallelism());
}

/** Looks until it is so, at most `limit` milliseconds; no fixed waiting. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, limit = 60_000): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
