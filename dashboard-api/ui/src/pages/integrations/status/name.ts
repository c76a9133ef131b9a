import { platformName } from "@/strings/integrations";

/** What people call an integration. */
export const nameOf = ({ name, platform }: { name?: string | null; platform: string }): string => name ?? platformName(platform);
