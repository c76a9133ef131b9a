import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { focusRing } from "./classes";
import { VisuallyHidden } from "./VisuallyHidden";

export type TextLinkProps = { children: ReactNode; className?: string | undefined } & (
  | { to: string; href?: undefined }
  /** Another place: opens in a new tab. */
  | { href: string; to?: undefined }
);

export function TextLink({ to, href, children, className }: TextLinkProps) {
  const shape = cx("rounded-sm text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent", focusRing, className);
  if (to !== undefined) return <Link to={to} className={shape}>{children}</Link>;
  return (
    <a href={href} target="_blank" rel="noreferrer" className={shape}>
      {children}
      <ExternalLink aria-hidden className="ml-0.5 inline size-3 align-baseline" />
      <VisuallyHidden>{` ${text.newTab}`}</VisuallyHidden>
    </a>
  );
}
