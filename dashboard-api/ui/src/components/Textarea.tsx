import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { controlBox, focusRing, quietTransition } from "./classes";

export function Textarea({ className, rows = 4, ...textarea }: ComponentProps<"textarea">) {
  return <textarea rows={rows} {...textarea} className={cx(controlBox, focusRing, quietTransition, "h-auto min-h-16 py-1.5", className)} />;
}
