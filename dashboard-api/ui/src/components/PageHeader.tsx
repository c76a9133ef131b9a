import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "@/lib/cx";
import { useTitle } from "@/lib/useTitle";
import { components as text } from "@/strings/components";
import { focusRing } from "./classes";

export interface PageHeaderProps {
  title: ReactNode;
  /** The title of the browser tab, needed when `title` is no string. */
  documentTitle?: string | undefined;
  description?: ReactNode;
  actions?: ReactNode;
  back?: { to: string; label: string } | undefined;
}

export function PageHeader({ title, documentTitle, description, actions, back }: PageHeaderProps) {
  useTitle(documentTitle ?? (typeof title === "string" ? title : ""));
  return (
    <header className="mb-5 flex flex-col gap-1">
      {back ? (
        <Link
          to={back.to}
          aria-label={text.back(back.label)}
          className={cx("-ml-1 inline-flex h-6 w-fit items-center gap-1 rounded-control px-1 text-[13px] text-muted hover:text-ink", focusRing)}
        >
          <ArrowLeft aria-hidden className="size-3.5" />
          {back.label}
        </Link>
      ) : null}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="text-xl leading-8 font-semibold tracking-tight text-balance wrap-anywhere text-ink">{title}</h1>
          {description === undefined ? null : <p className="max-w-prose text-[13px] text-pretty text-muted">{description}</p>}
        </div>
        {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
    </header>
  );
}
