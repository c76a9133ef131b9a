import { cx } from "@/lib/cx";
import { CopyButton } from "./CopyButton";
import { ScrollRegion } from "./ScrollRegion";

export interface CodeBlockProps {
  code: string;
  language?: string | undefined;
  /** What the code is: names the region and the copy button. */
  label: string;
  copy?: boolean | undefined;
  className?: string | undefined;
}

export function CodeBlock({ code, language, label, copy = true, className }: CodeBlockProps) {
  return (
    <div className={cx("overflow-hidden rounded-control border border-line bg-sunken", className)}>
      <div className="flex min-h-8 items-center justify-between gap-2 border-b border-line pr-1 pl-3 text-xs text-muted">
        <span className="min-w-0 truncate">{label}</span>
        {copy ? <CopyButton text={code} label={label} /> : null}
      </div>
      <ScrollRegion label={label} className="max-h-[32rem]">
        <pre className="w-max min-w-full p-3 font-mono text-xs leading-5 text-ink">
          <code data-language={language}>{code}</code>
        </pre>
      </ScrollRegion>
    </div>
  );
}
