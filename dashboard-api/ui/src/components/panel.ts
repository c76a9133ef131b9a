export type DialogSize = "sm" | "md" | "lg" | "xl" | "full";

export const backdrop =
  "fixed inset-0 z-40 bg-black/40 transition-opacity duration-150 starting:opacity-0 motion-reduce:transition-none";

export const panel =
  "fixed z-50 flex flex-col border-line bg-surface text-ink shadow-raised outline-none " +
  "transition duration-150 ease-out motion-reduce:transition-none";

export const dialogWidth: Record<DialogSize, string> = {
  sm: "max-w-sm",
  md: "max-w-lg",
  lg: "max-w-3xl",
  xl: "max-w-5xl",
  full: "max-w-[calc(100vw-2rem)]",
};
