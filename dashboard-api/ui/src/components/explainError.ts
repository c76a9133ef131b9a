import { ApiProblem, type FieldProblem } from "@/api/problem";
import { components as text } from "@/strings/components";

export interface ErrorWords {
  title: string;
  detail: string | undefined;
  requestId: string | undefined;
  fields: readonly FieldProblem[];
}

/** What to tell about a failure, and what to do. Messages of unexpected errors are for the console, not for readers. */
export function explainError(error: unknown): ErrorWords {
  if (!(error instanceof ApiProblem)) {
    return { title: text.error.title, detail: text.error.unknown, requestId: undefined, fields: [] };
  }
  const { requestId, errors: fields } = error;
  if (error.status === 0) {
    return { title: text.error.network, detail: text.error.networkHint, requestId, fields };
  }
  if (error.status === 503) {
    const wait = error.retryAfter === undefined ? text.error.startingSoon : text.error.startingHint(error.retryAfter);
    return { title: error.code === "starting" ? text.error.starting : error.title, detail: joined(error.code === "starting" ? undefined : error.detail, wait), requestId, fields };
  }
  return { title: error.title, detail: error.detail, requestId, fields };
}

function joined(detail: string | undefined, wait: string): string {
  return detail === undefined ? wait : `${detail} ${wait}`;
}
