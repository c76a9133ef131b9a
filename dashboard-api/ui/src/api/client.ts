/** The API, typed by its own document (`npm run generate`). Every failure is an [`ApiProblem`]. */
import createClient from "openapi-fetch";
import { networkProblem, problemOf } from "@/api/problem";
import type { components, paths } from "@/api/schema";

export type Schemas = components["schemas"];

export const api = createClient<paths>({
  // Same origin in a browser; tests name it, because their `fetch` wants whole addresses.
  baseUrl: globalThis.location.origin,
  credentials: "same-origin",
  headers: { accept: "application/json" },
  // Looked up at each call, so that tests can put their own in its place.
  fetch: (request: Request) => globalThis.fetch(request),
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer, or the problem it tells; `network` when none came. For TanStack Query's functions. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  const answer = await reached(pending);
  if (!answer.response.ok) throw problemOf(answer.response, answer.error);
  return answer.data as T;
}

/** The same with the response, for headers like ETag. */
export async function unwrapWithResponse<T>(pending: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const answer = await reached(pending);
  if (!answer.response.ok) throw problemOf(answer.response, answer.error);
  return { data: answer.data as T, response: answer.response };
}

async function reached<T>(pending: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await pending;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw networkProblem();
  }
}
