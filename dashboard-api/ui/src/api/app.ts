/** What the installation says of itself, and what this sign-in may do: read once for all pages. */
import { useQuery } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";

export type AppFacts = Schemas["AppFacts"];

/** A key that was just made is among them a minute later at most. */
const STALE_MS = 60_000;

export function useAppFacts() {
  return useQuery({
    queryKey: ["app"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/app", { signal })),
    staleTime: STALE_MS,
  });
}
