/** Which campaign is open beside the page, kept in its address: `?campaign=device:0f3a…`. */
import { useSearchParams } from "react-router";

const NAME = "campaign";

export interface CampaignName {
  kind: string;
  fingerprint: string;
}

export function parseCampaign(text: string | null): CampaignName | null {
  const colon = text?.indexOf(":") ?? -1;
  if (text === null || colon < 1 || colon === text.length - 1) return null;
  return { kind: text.slice(0, colon), fingerprint: text.slice(colon + 1) };
}

/** The open campaign, the address that opens one (relative to the page), and how to close it. */
export function useOpenCampaign() {
  const [parameters, setParameters] = useSearchParams();
  const addressOf = ({ kind, fingerprint }: CampaignName): string => {
    const next = new URLSearchParams(parameters);
    next.set(NAME, `${kind}:${fingerprint}`);
    return `?${next.toString()}`;
  };
  const close = () => {
    setParameters((before) => {
      const next = new URLSearchParams(before);
      next.delete(NAME);
      return next;
    });
  };
  return { open: parseCampaign(parameters.get(NAME)), addressOf, close };
}
