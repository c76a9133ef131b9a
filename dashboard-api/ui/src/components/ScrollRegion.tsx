import type { ReactNode, Ref } from "react";
import { cx } from "@/lib/cx";
import { focusRingInset } from "./classes";

export interface ScrollRegionProps {
  label: string;
  className?: string | undefined;
  children: ReactNode;
  ref?: Ref<HTMLDivElement> | undefined;
}

/** A part that scrolls by itself: it can take focus, so that the arrow keys scroll it in every browser. */
export function ScrollRegion({ label, className, children, ref }: ScrollRegionProps) {
  return (
    <div
      ref={ref}
      role="region"
      aria-label={label}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- Safari gives scrolling parts no focus of their own
      tabIndex={0}
      className={cx("overflow-auto", focusRingInset, className)}
    >
      {children}
    </div>
  );
}
