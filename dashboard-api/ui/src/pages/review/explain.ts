import { ApiProblem } from "@/api/problem";

/** The line below a toast of a failure: what the API says, or nothing. */
export const explain = (error: unknown): string | undefined =>
  error instanceof ApiProblem ? (error.detail ?? error.title) : undefined;
