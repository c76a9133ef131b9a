import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import { boundsOf, isNamed, type Range } from "@/lib/range";

export type Status = Schemas["IntegrationsStatus"];
export type Integration = Schemas["IntegrationStatus"];
export type PublishableKey = Schemas["KeyHint"];
export type Delivery = Schemas["Delivery"];
export type DeliveryPage = Schemas["DeliveryPage"];
export type TestReport = Schemas["TestReport"];
export type TestAsk = Schemas["TestAsk"];

/** Notices of platforms do not come by the live feed: what is shown of them is read again this often. */
const REFRESH_MS = 5000;
const PAGE = 50;

const STATUS_KEY = ["integrations", "status"] as const;
const LOG_KEY = ["integrations", "deliveries"] as const;

export const useStatus = (refreshMs: number = REFRESH_MS) =>
  useQuery({
    queryKey: STATUS_KEY,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/integrations/status", { signal })),
    refetchInterval: refreshMs,
  });

export interface LogFilter {
  integration: string | null;
  outcome: string | null;
  range: Range;
}

function readLog(filter: LogFilter, cursor: string | undefined, signal: AbortSignal): Promise<DeliveryPage> {
  const { from, to } = boundsOf(filter.range);
  const query = {
    limit: PAGE,
    cursor,
    integration: filter.integration ?? undefined,
    outcome: filter.outcome ?? undefined,
    from,
    // A named range goes on to now, also by a clock that is ahead of ours.
    to: isNamed(filter.range) ? undefined : to,
  };
  return unwrap(api.GET("/api/v1/integrations/deliveries", { params: { query }, signal }));
}

/** The log, page by page. Only the first page is read again by itself: more would move what somebody reads. */
export const useLog = (filter: LogFilter) =>
  useInfiniteQuery({
    queryKey: [...LOG_KEY, filter],
    queryFn: ({ pageParam, signal }) => readLog(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (only(state.data) ? REFRESH_MS : false),
  });

const only = (data: InfiniteData<DeliveryPage> | undefined): boolean => (data?.pages.length ?? 0) <= 1;

/** A notice is named by its id and when it was taken: published again, it is another row of the same id. */
export interface DeliveryName {
  id: string;
  at: string;
}

/** One row, also when it is not on a page that was read: the log is asked for the moment it was taken. */
export const useDelivery = (name: DeliveryName | null) => {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["integrations", "delivery", name],
    queryFn: ({ signal }) => (name === null ? null : readDelivery(name, signal)),
    initialData: () => (name === null ? null : shownDelivery(client, name)),
    staleTime: Infinity,
    enabled: name !== null,
  });
};

async function readDelivery(name: DeliveryName, signal: AbortSignal): Promise<Delivery | null> {
  const at = new Date(name.at).getTime();
  if (Number.isNaN(at)) return null;
  const [from, to] = [new Date(at - 1000).toISOString(), new Date(at + 1000).toISOString()];
  const page = await unwrap(api.GET("/api/v1/integrations/deliveries", { params: { query: { limit: 200, from, to } }, signal }));
  const same = page.deliveries.filter(({ notice_id }) => notice_id === name.id);
  return same.find(({ received_at }) => received_at === name.at) ?? same[0] ?? null;
}

function shownDelivery(client: QueryClient, name: DeliveryName): Delivery | undefined {
  const logs = client.getQueriesData<InfiniteData<DeliveryPage>>({ queryKey: LOG_KEY });
  const shown = logs.flatMap(([, data]) => data?.pages ?? []).flatMap(({ deliveries }) => deliveries);
  return shown.find(({ notice_id, received_at }) => notice_id === name.id && received_at === name.at);
}

/** Plays the platform once. What it left in the log is read at once. */
export function useTest() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ask }: { id: string; ask: TestAsk }) =>
      unwrap(api.POST("/api/v1/integrations/{id}/test", { params: { path: { id } }, body: ask })),
    onSuccess: () => Promise.all([STATUS_KEY, LOG_KEY].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
