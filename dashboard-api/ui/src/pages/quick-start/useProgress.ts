import { useStatus } from "@/pages/integrations/queries";
import type { Setup } from "@/pages/integrations/setup/useSetup";
import { type Facts } from "@/pages/quick-start/progress";
import { AWAITED_MS, SETTLED_MS, useSessions, type Watched } from "@/pages/quick-start/queries";

export interface Progress {
  /** `null` as long as they are being read, or when they cannot be. */
  facts: Facts | null;
  /** The session that the steps are about. */
  watched: Watched | null;
  status: ReturnType<typeof useStatus>;
  /** What could not be read at all. */
  failure: { error: Error; retry: () => void } | null;
}

/** How far the installation is, as the server says; `sent` is the session that was sent from this page. */
export function useProgress(setup: Setup, sent: string | null): Progress {
  const sessions = useSessions(sent);
  const { any, watched, newest } = sessions;
  const status = useStatus(any === null ? AWAITED_MS : SETTLED_MS);
  const failed = [status, newest].find(({ isError, data }) => isError && data === undefined);
  const isKnown = status.data !== undefined && newest.data !== undefined && !setup.isLoading;
  const facts: Facts = {
    keys: status.data?.publishable_keys.length ?? 0,
    gateway: setup.gateway,
    hasEvents: Math.max(watched?.events ?? 0, any?.event_count ?? 0) > 0,
    hasVerdict: watched?.risk != null || any?.effective_risk != null,
    hasMatched: status.data?.integrations.some(({ last_matched }) => last_matched != null) ?? false,
  };
  return {
    facts: isKnown ? facts : null,
    watched,
    status,
    failure: failed === undefined || failed.error === null ? null : { error: failed.error, retry: () => void failed.refetch() },
  };
}
