/** Whether the gateway is at this very origin. */
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

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
