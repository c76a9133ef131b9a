import { cx } from "@/lib/cx";
import { focusRing, quietTransition } from "./classes";

export type ButtonVariant = "primary" | "secondary" | "ghost" | "danger";
export type ButtonSize = "sm" | "md";

const variants: Record<ButtonVariant, string> = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border-line bg-surface text-ink shadow-card hover:border-strong hover:bg-raised",
  ghost: "border-transparent bg-transparent text-muted hover:bg-raised hover:text-ink",
  danger: "border-bad/40 bg-bad-soft text-bad hover:border-bad",
};

const sizes: Record<ButtonSize, string> = {
  sm: "h-7 gap-1.5 px-2 text-xs",
  md: "h-8 gap-2 px-3 text-[13px]",
};

const squares: Record<ButtonSize, string> = { sm: "size-7", md: "size-8" };

const base =
  "inline-flex shrink-0 cursor-pointer items-center justify-center rounded-control border font-medium whitespace-nowrap " +
  "select-none no-underline disabled:cursor-not-allowed disabled:opacity-50 " +
  "aria-disabled:cursor-progress aria-disabled:opacity-70";

interface ButtonShape {
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
  square?: boolean | undefined;
  className?: string | undefined;
}

/** The look of a button, for elements that are links or triggers. */
export function buttonClass({ variant = "secondary", size = "md", square = false, className }: ButtonShape): string {
  return cx(base, focusRing, quietTransition, variants[variant], square ? squares[size] : sizes[size], className);
}
