import { Fragment, memo, useState } from "react";
import { Link } from "react-router";
import { focusRingInset, ScrollRegion, SearchInput } from "@/components";
import { cx } from "@/lib/cx";
import { type ApiDocument, type Operation, search } from "@/pages/playground/document";
import { MethodBadge } from "@/pages/playground/MethodBadge";
import { playground as words } from "@/strings/playground";

interface Properties {
  document: ApiDocument;
  current: string | null;
  onPicked?: () => void;
  className?: string;
}

/** Every operation by its tag, with a search over paths, names and words. */
export const OperationList = memo(function OperationList({ document, current, onPicked, className }: Properties) {
  const [query, setQuery] = useState("");
  const tags = search(document, query);
  return (
    <div className={cx("flex min-h-0 flex-col", className)}>
      <div className="p-3">
        <SearchInput label={words.list.search} placeholder={words.list.searchPlaceholder} value={query} onValue={setQuery} debounceMs={80} />
      </div>
      <ScrollRegion label={words.list.label} className="min-h-0 flex-1 border-t border-line">
        <nav aria-label={words.list.label} className="space-y-3 p-2">
          {tags.length === 0 ? <p className="px-2 py-4 text-[13px] text-muted">{words.list.none}</p> : null}
          {tags.map((tag) => (
            <div key={tag.name}>
              <p id={`tag-${tag.name}`} title={tag.description} className="px-2 pt-1 pb-0.5 text-xs font-semibold text-muted">
                {tag.name === "" ? words.list.untagged : (words.list.tags[tag.name] ?? tag.name)}
              </p>
              <ul aria-labelledby={`tag-${tag.name}`}>
                {tag.operations.map((operation) => (
                  <li key={operation.id}>
                    <Item operation={operation} isCurrent={operation.id === current} onPicked={onPicked} />
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
      </ScrollRegion>
    </div>
  );
});

interface ItemProperties {
  operation: Operation;
  isCurrent: boolean;
  onPicked: (() => void) | undefined;
}

function Item({ operation, isCurrent, onPicked }: ItemProperties) {
  return (
    <Link
      to={`?${new URLSearchParams({ op: operation.id }).toString()}`}
      onClick={onPicked}
      aria-current={isCurrent ? "page" : undefined}
      title={operation.summary}
      className={cx(
        "flex min-h-8 items-center gap-2 rounded-control px-2 py-1 text-[13px]",
        focusRingInset,
        isCurrent ? "bg-accent-soft font-medium text-accent" : "text-ink hover:bg-raised",
      )}
    >
      <MethodBadge method={operation.method} />
      <span className="min-w-0 font-mono text-xs leading-4 wrap-break-word">
        {shortPath(operation.path)
          .split(/(?<=\/)/)
          .map((step, index) => (
            <Fragment key={index}>
              {step}
              <wbr />
            </Fragment>
          ))}
      </span>
    </Link>
  );
}

/** All paths begin alike. */
const shortPath = (path: string): string => path.replace(/^\/api\/v1/, "");
