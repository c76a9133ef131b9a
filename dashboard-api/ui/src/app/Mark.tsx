import { common } from "@/strings/common";

/** Candor's sign. */
export const Mark = ({ className }: { className?: string }) => (
  <img src="/assets/icon.svg" alt={common.product} width={28} height={28} className={className} />
);
