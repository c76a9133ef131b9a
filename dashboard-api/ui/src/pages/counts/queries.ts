/** What overview and surveys both ask for. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { CampaignName } from "@/pages/counts/campaignAddress";

const SESSIONS_ON_A_PAGE = 50;

/** A campaign and its sessions, newest first, page by page. */
export function useCampaign({ kind, fingerprint }: CampaignName) {
  return useInfiniteQuery({
    queryKey: ["campaign", kind, fingerprint],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/dashboard/campaigns/{kind}/{fingerprint}", {
          params: {
            path: { kind, fingerprint },
            query: { limit: SESSIONS_ON_A_PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}
