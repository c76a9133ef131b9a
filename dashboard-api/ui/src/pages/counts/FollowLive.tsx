import type { QueryKey } from "@tanstack/react-query";
import { type LiveMessage, type LiveType, useLiveRefresh } from "@/live";

interface Properties {
  keys: readonly QueryKey[];
  types?: readonly LiveType[];
  concerns?: (message: LiveMessage) => boolean;
  enabled?: boolean;
}

/**
 * Reads queries again as things happen. A component of its own because the live connection's figures change every second, and
 * nothing but this has to be drawn again for them.
 */
export function FollowLive({ keys, ...options }: Properties) {
  useLiveRefresh(keys, options);
  return null;
}
