import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { controlBox, focusRing, quietTransition } from "./classes";

export function Input({ className, ...input }: ComponentProps<"input">) {
  return <input {...input} className={cx(controlBox, focusRing, quietTransition, className)} />;
}
