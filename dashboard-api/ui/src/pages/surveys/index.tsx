import { ClipboardList, SearchX } from "lucide-react";
import { useMemo } from "react";
import { surveyPath } from "@/app/pages";
import { Button, ButtonLink, Card, DataTable, EmptyState, NativeSelect, PageHeader, QueryView, RangePicker, SearchInput } from "@/components";
import { type Range, useRange } from "@/lib/range";
import { CountedHours } from "@/pages/counts/CountedHours";
import { FollowLive } from "@/pages/counts/FollowLive";
import { RowsSkeleton } from "@/pages/counts/RowsSkeleton";
import { columnsOf } from "@/pages/surveys/columns";
import { ListFooter } from "@/pages/surveys/ListFooter";
import { SURVEYS_KEY } from "@/pages/surveys/queries";
import { SORTS } from "@/pages/surveys/sort";
import { useListAddress } from "@/pages/surveys/useListAddress";
import { useSurveyList } from "@/pages/surveys/useSurveyList";
import { surveys as text } from "@/strings/surveys";

const MONTH: Range = { range: "30d" };
const FOLLOWED = [SURVEYS_KEY];
const SORT_OPTIONS = SORTS.map((value) => ({ value, label: text.sorts[value] }));

/** Every survey with its counts: search by name, sort, open one. */
export default function SurveysPage() {
  const { range, setRange, query: rangeQuery } = useRange(MONTH);
  const { prefix, setPrefix, sort, setSort } = useListAddress();
  const { query, surveys, scope, isPartial } = useSurveyList({ range, prefix, sort });
  const columns = useMemo(
    () => (scope === undefined ? [] : columnsOf({ scope: { from: scope.from, to: scope.to }, sort, onSort: setSort })),
    [scope, sort, setSort],
  );
  return (
    <>
      <FollowLive keys={FOLLOWED} enabled={(query.data?.pages.length ?? 0) <= 1} />
      <PageHeader title={text.title} description={text.description} actions={<RangePicker value={range} onValue={setRange} />} />
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchInput
          label={text.search}
          placeholder={text.searchPlaceholder}
          value={prefix}
          onValue={setPrefix}
          className="sm:max-w-xs"
        />
        <NativeSelect aria-label={text.sort} options={SORT_OPTIONS} value={sort} onValue={setSort} className="sm:max-w-56 md:hidden" />
      </div>
      <Card flush aria-label={text.table}>
        <QueryView query={query} skeleton={<RowsSkeleton rows={8} />} empty={() => surveys.length === 0 && <NoSurveys prefix={prefix} onClear={() => setPrefix("")} />}>
          {() => (
            <>
              <DataTable
                caption={text.table}
                columns={columns}
                rows={surveys}
                rowKey={(survey) => survey.survey_id}
                rowTo={(survey) => `${surveyPath(survey.survey_id)}?${rangeQuery}`}
              />
              <ListFooter query={query} shown={surveys.length} sort={sort} isPartial={isPartial} />
            </>
          )}
        </QueryView>
      </Card>
      {scope === undefined ? null : (
        <div className="mt-3">
          <CountedHours period={scope} />
        </div>
      )}
    </>
  );
}

function NoSurveys({ prefix, onClear }: { prefix: string; onClear: () => void }) {
  if (prefix !== "") {
    return (
      <EmptyState icon={SearchX} title={text.noMatchTitle(prefix)} action={<Button onClick={onClear}>{text.clearSearch}</Button>}>
        {text.noMatchText}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={ClipboardList}
      title={text.emptyTitle}
      action={
        <>
          <ButtonLink to="/quick-start" variant="primary">
            {text.emptyAction}
          </ButtonLink>
          <ButtonLink to="/integrations">{text.emptyIntegrations}</ButtonLink>
        </>
      }
    >
      {text.emptyText}
    </EmptyState>
  );
}
