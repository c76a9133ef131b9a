/** What the API says when something fails (RFC 9457), as an error that components can explain. */

export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

interface Parts {
  status: number;
  code: string;
  title: string;
  detail?: string | undefined;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
  errors?: FieldProblem[] | undefined;
}

export class ApiProblem extends Error {
  readonly status: number;
  /** Stable; see docs/errors.md. `network` when no answer came at all. */
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter: number | undefined;
  readonly errors: FieldProblem[];

  constructor(parts: Parts) {
    super(parts.detail ?? parts.title);
    this.name = "ApiProblem";
    this.status = parts.status;
    this.code = parts.code;
    this.title = parts.title;
    this.detail = parts.detail;
    this.requestId = parts.requestId;
    this.retryAfter = parts.retryAfter;
    this.errors = parts.errors ?? [];
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

export const networkProblem = (): ApiProblem =>
  new ApiProblem({ status: 0, code: "network", title: "Candor cannot be reached", detail: "Check the connection." });

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The problem of an answer whose body was read as JSON, or not at all. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const parts = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const retryAfter = Number(response.headers.get("retry-after"));
  return new ApiProblem({
    status: response.status,
    code: text(parts["code"]) ?? `http_${response.status}`,
    title: text(parts["title"]) ?? `Candor answered ${response.status}`,
    detail: text(parts["detail"]),
    requestId: text(parts["request_id"]) ?? response.headers.get("x-request-id") ?? undefined,
    retryAfter: retryAfter > 0 ? retryAfter : undefined,
    errors: Array.isArray(parts["errors"]) ? (parts["errors"] as FieldProblem[]) : [],
  });
}
