/** Renders a page as the app does: router, queries, live messages that a test can send; and answers its requests. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { vi } from "vitest";
import { type Listener, LiveContext, LiveStatsContext } from "@/live/context";
import type { LiveState } from "@/live/connection";
import type { LiveMessage, LiveStats } from "@/live/messages";

interface Options {
  /** The address to begin at. */
  at?: string;
  /** The route's pattern, for pages with parameters. */
  path?: string;
  live?: LiveState;
  stats?: LiveStats;
}

/** Renders `page`; `send` tells it a live message, `location()` says where the router stands. */
export function renderPage(page: ReactNode, { at = "/", path = "*", live = "live", stats }: Options = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  const listeners = new Set<Listener>();
  const router = createMemoryRouter(
    [
      { path, element: page },
      { path: "*", element: null },
    ],
    { initialEntries: [at] },
  );
  const view = render(
    <QueryClientProvider client={client}>
      <LiveContext value={{ state: live, listeners }}>
        <LiveStatsContext value={stats ?? null}>
          <RouterProvider router={router} />
        </LiveStatsContext>
      </LiveContext>
    </QueryClientProvider>,
  );
  const send = (message: LiveMessage) =>
    act(() => {
      for (const listener of listeners) listener(message);
    });
  return { ...view, client, router, send, location: () => router.state.location };
}

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: Headers;
}

/** What answers a request: a body, a [`reply`], or a function of the request that makes either. */
type Answer = unknown;

/** A reply with a status or headers of its own. */
export function reply(status: number, body?: unknown, headers: Record<string, string> = {}): Response {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  const content = body === undefined ? null : JSON.stringify(body);
  return new Response(content, { status, headers: { "content-type": type, ...headers } });
}

/** A failure as the API tells it. */
export const problem = (status: number, code: string, title: string, detail?: string): Response =>
  reply(status, { type: `urn:candor:problem:${code}`, title, status, code, detail, request_id: "request-1" });

/**
 * Answers the app's requests by `"GET /api/v1/…"` (a path pattern may end with `*`); what nobody answers is a 404 problem.
 * Returns the requests that came, in order.
 */
export function mockApi(answers: Record<string, Answer>): Request[] {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", async (input: globalThis.Request | string | URL, init?: RequestInit) => {
    const given = input instanceof globalThis.Request ? input : new globalThis.Request(new URL(input, location.origin), init);
    const url = new URL(given.url);
    const text = await given.clone().text();
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const request = { method: given.method, path: url.pathname, query: url.searchParams, body, headers: given.headers };
    requests.push(request);
    const answer = answerOf(answers, request);
    const made: unknown = typeof answer === "function" ? (answer as (request: Request) => unknown)(request) : answer;
    return made instanceof Response ? made.clone() : reply(200, made);
  });
  return requests;
}

function answerOf(answers: Record<string, Answer>, { method, path }: Request): Answer {
  const asked = `${method} ${path}`;
  if (asked in answers) return answers[asked];
  const wild = Object.keys(answers).filter((pattern) => pattern.endsWith("*") && asked.startsWith(pattern.slice(0, -1)));
  const longest = wild.sort((one, other) => other.length - one.length)[0];
  return longest === undefined ? problem(404, "not_found", `No answer for ${asked}`) : answers[longest];
}
