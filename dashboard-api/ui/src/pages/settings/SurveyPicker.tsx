import { ChevronRight, SearchX } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { Badge, Button, ButtonLink, EmptyState, focusRingInset, QueryView, SearchInput, Skeleton } from "@/components";
import { cx } from "@/lib/cx";
import { useRulesets, useSurveySearch } from "@/pages/settings/queries";
import { settings as words } from "@/strings/settings";

interface Properties {
  current: string | null;
  onPicked?: () => void;
}

/** The address of a survey's settings. */
const addressOf = (survey: string): string => `?${new URLSearchParams({ survey }).toString()}`;

/** Surveys by name; also one that nothing is known of yet. */
export function SurveyPicker({ current, onPicked }: Properties) {
  const [begin, setBegin] = useState("");
  const query = useSurveySearch(begin);
  const settled = useSettledSurveys();
  return (
    <div className="space-y-3">
      <SearchInput label={words.picker.search} placeholder={words.picker.searchPlaceholder} value={begin} onValue={(text) => setBegin(text.trim())} maxLength={128} />
      <QueryView
        query={query}
        skeleton={<PickerSkeleton />}
        empty={(names) => names.length === 0 && begin === "" && <NoSurveys />}
      >
        {(names) => (
          <>
            {names.length === 0 ? (
              <p className="flex items-center gap-2 text-[13px] text-muted">
                <SearchX aria-hidden className="size-4" />
                {words.picker.none}
              </p>
            ) : (
              <ul aria-label={words.picker.list} className="divide-y divide-line overflow-hidden rounded-control border border-line">
                {names.map((name) => (
                  <li key={name}>
                    <Choice name={name} isCurrent={name === current} isOwn={settled.has(name)} onPicked={onPicked} />
                  </li>
                ))}
              </ul>
            )}
            {query.hasNextPage ? (
              <Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {words.picker.more}
              </Button>
            ) : null}
            {begin !== "" && !names.includes(begin) ? <Unknown name={begin} onPicked={onPicked} /> : null}
          </>
        )}
      </QueryView>
    </div>
  );
}

/** Surveys whose settings name a ruleset, as far as they are listed. */
function useSettledSurveys(): ReadonlySet<string> {
  const { data } = useRulesets();
  return new Set(data?.rulesets.flatMap((ruleset) => ruleset.surveys));
}

interface ChoiceProperties {
  name: string;
  isCurrent: boolean;
  isOwn: boolean;
  onPicked: (() => void) | undefined;
}

function Choice({ name, isCurrent, isOwn, onPicked }: ChoiceProperties) {
  return (
    <Link
      to={addressOf(name)}
      onClick={onPicked}
      aria-current={isCurrent ? "true" : undefined}
      className={cx("row-h flex items-center gap-2 px-3 text-[13px] hover:bg-raised", focusRingInset)}
    >
      <span className="min-w-0 flex-1 font-medium wrap-anywhere">{name}</span>
      {isOwn ? <Badge tone="accent">{words.picker.own}</Badge> : null}
      {isCurrent ? <Badge>{words.picker.current}</Badge> : null}
      <ChevronRight aria-hidden className="size-4 shrink-0 text-faint" />
    </Link>
  );
}

const Unknown = ({ name, onPicked }: { name: string; onPicked: (() => void) | undefined }) => (
  <div className="flex flex-wrap items-center gap-3 text-[13px] text-muted">
    <ButtonLink to={addressOf(name)} size="sm" onClick={onPicked}>
      {words.picker.open(name)}
    </ButtonLink>
    {words.picker.openHint}
  </div>
);

const NoSurveys = () => (
  <EmptyState title={words.picker.empty} action={<ButtonLink to="/quick-start">{words.picker.quickStart}</ButtonLink>}>
    {words.picker.emptyHint}
  </EmptyState>
);

const PickerSkeleton = () => (
  <div className="space-y-1">
    {[0, 1, 2, 3, 4].map((index) => (
      <Skeleton key={index} className="row-h" />
    ))}
  </div>
);
