import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/api/problem";

const MOST_RETRIES = 2;

/** How often and how late a failed read is tried again: temporary failures only, as late as the server asks. */
const shouldRetry = (failures: number, error: Error): boolean =>
  error instanceof ApiProblem && error.isTemporary && failures < MOST_RETRIES;

function retryDelay(attempt: number, error: Error): number {
  const asked = error instanceof ApiProblem ? error.retryAfter : undefined;
  return asked !== undefined ? Math.min(asked, 10) * 1000 : 500 * 2 ** attempt;
}

/** `onSignedOut` is called when any read is answered 401. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiProblem && error.status === 401) onSignedOut();
      },
    }),
    defaultOptions: {
      queries: { staleTime: 5000, gcTime: 5 * 60_000, retry: shouldRetry, retryDelay, refetchOnWindowFocus: true },
      mutations: { retry: false },
    },
  });
}
