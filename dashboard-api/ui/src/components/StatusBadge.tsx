import type { ComponentProps } from "react";
import { statusWord } from "@/strings/words";
import { Badge } from "./Badge";

/** Where the session stands: still running or how it ended. */
export function StatusBadge({ status, ...span }: Omit<ComponentProps<"span">, "children"> & { status: string }) {
  return <Badge {...span} tone={status === "active" ? "info" : "neutral"}>{statusWord(status)}</Badge>;
}
