/** What snippets are filled with: what this installation says of itself, and whether its gateway is at this very origin. */
import { useQuery } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import { ApiProblem } from "@/api/problem";

export type AppFacts = Schemas["AppFacts"];

/** What the installation says of itself; `null` from a server that has no such route yet. */
async function readApp(signal: AbortSignal): Promise<AppFacts | null> {
  try {
    return await unwrap(api.GET("/api/v1/app", { signal }));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

export const useApp = () =>
  useQuery({ queryKey: ["integrations", "app"], queryFn: ({ signal }) => readApp(signal), staleTime: 60_000 });

/** Whether the gateway answers at this page's own origin, as in `candor dev`: it serves its loader there. */
async function readIsHere(signal: AbortSignal): Promise<boolean> {
  try {
    // An address of the gateway, which the API's document does not have.
    const integrity = await unwrap<unknown>(api.GET("/sdk/v1/integrity.json" as never, { signal } as never));
    return typeof integrity === "object" && integrity !== null && "integrity" in integrity;
  } catch {
    return false;
  }
}

export const useGatewayIsHere = (enabled: boolean) =>
  useQuery({
    queryKey: ["integrations", "gateway-is-here"],
    queryFn: ({ signal }) => readIsHere(signal),
    staleTime: Infinity,
    enabled,
  });
