import { useAppFacts } from "@/api/app";
import { originOf } from "@/pages/integrations/setup/gateway";
import { keyTextOf } from "@/pages/integrations/setup/keys";
import { useTyped } from "@/pages/integrations/setup/memory";
import { useGatewayIsHere } from "@/pages/integrations/setup/queries";

export interface Setup {
  /** The gateway's origin; `null` as long as nobody knows it. */
  gateway: string | null;
  /** Who says so. */
  gatewaySource: "server" | "this-origin" | "typed" | null;
  /** A publishable key that was pasted; `null` when there is none. */
  key: string | null;
  survey: string | null;
  organisation: string | null;
  /** Whether the caller may operate; `null` when that is not told. */
  mayOperate: boolean | null;
  isLoading: boolean;
}

/** Everything that snippets are filled with. What the server says of the gateway's address counts more than what was typed. */
export function useSetup(): Setup {
  const typed = useTyped();
  const app = useAppFacts();
  const told = originOf(app.data?.gateway_url ?? "");
  const asksHere = !app.isPending && told === null;
  const here = useGatewayIsHere(asksHere);
  const gateway = firstKnown([
    ["server", told],
    ["this-origin", here.data === true ? location.origin : null],
    ["typed", originOf(typed.gateway)],
  ]);
  return {
    ...gateway,
    key: keyTextOf(typed.key) === "publishable" ? typed.key.trim() : null,
    survey: typed.survey.trim() === "" ? null : typed.survey.trim(),
    organisation: app.data?.organisation ?? null,
    mayOperate: app.data?.scopes.includes("operations") ?? null,
    isLoading: app.isPending || (asksHere && here.isPending),
  };
}

type Source = Exclude<Setup["gatewaySource"], null>;

function firstKnown(candidates: readonly [Source, string | null][]): Pick<Setup, "gateway" | "gatewaySource"> {
  const found = candidates.find(([, address]) => address !== null);
  return found === undefined ? { gateway: null, gatewaySource: null } : { gateway: found[1], gatewaySource: found[0] };
}
