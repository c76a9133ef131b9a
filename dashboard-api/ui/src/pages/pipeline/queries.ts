/** What the pipeline page asks the API. */
import { type InfiniteData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import { remember, type Sample } from "./history";
import { type LetterFilter, letterQuery } from "./letters/filter";

export type Pipeline = Schemas["PipelineReport"];
export type Group = Schemas["GroupReport"];
export type Member = Schemas["MemberReport"];
export type Partition = Schemas["PartitionReport"];
export type Letter = Schemas["LetterRow"];
export type LetterContent = Schemas["LetterContent"];
export type Bytes = Schemas["Bytes"];
export type ReplayAsk = Schemas["ReplayAsk"];
export type ReplayReport = Schemas["ReplayReport"];

/** The server looks every two seconds while somebody asks. */
const LOOK_MS = 2000;
const LETTERS_ON_A_PAGE = 100;

export interface PipelineView {
  report: Pipeline;
  /** What this page has seen so far: the API tells only how things stand. */
  history: Sample[];
}

const PIPELINE = ["pipeline"];
const LETTERS = ["dead-letters"];

export function usePipeline() {
  return useQuery({
    queryKey: PIPELINE,
    queryFn: async ({ client, signal }): Promise<PipelineView> => {
      const report = await unwrap(api.GET("/api/v1/pipeline", { signal }));
      const before = client.getQueryData<PipelineView>(PIPELINE)?.history ?? [];
      return { report, history: remember(before, report) };
    },
    refetchInterval: LOOK_MS,
    structuralSharing: false,
  });
}

export function useLetters(filter: LetterFilter) {
  return useInfiniteQuery({
    queryKey: [...LETTERS, filter],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/dead-letters", {
          params: { query: { limit: LETTERS_ON_A_PAGE, ...letterQuery(filter, Date.now()), ...(pageParam === null ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export const lettersOf = (data: InfiniteData<Schemas["LetterPage"]>): Letter[] => data.pages.flatMap((page) => page.letters);

/** One letter with its raw content: asked for on demand only, and forgotten as soon as nobody shows it. */
export function useLetterContent(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ["dead-letter-content", id],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/dead-letters/{id}", { params: { path: { id } }, signal })),
    enabled,
    gcTime: 0,
    staleTime: Infinity,
  });
}

const replay = (ask: ReplayAsk) => unwrap(api.POST("/api/v1/dead-letters/replay", { body: ask }));

/** What a replay would do: counted once for an ask, when it is first shown. */
export function useReplayPlan(ask: ReplayAsk) {
  return useQuery({
    queryKey: ["dead-letter-plan", ask],
    queryFn: () => replay({ ...ask, dry_run: true }),
    gcTime: 0,
    staleTime: Infinity,
  });
}

export function useReplay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: replay,
    // Also after a failure: some letters may be back.
    onSettled: () => client.invalidateQueries({ queryKey: LETTERS }),
  });
}
