import { SearchX, UsersRound } from "lucide-react";
import { Button, ButtonLink, EmptyState } from "@/components";
import { sessions as text } from "@/strings/sessions";
import { without } from "./chips";
import { type Filters, hasFilters, NO_FILTERS } from "./filters";

interface Properties {
  filters: Filters;
  onFilters: (filters: Filters) => void;
}

/** No session: because of the filters, or because there is none at all. */
export function Nothing({ filters, onFilters }: Properties) {
  if (!hasFilters(filters)) {
    return (
      <EmptyState icon={UsersRound} title={text.empty.noneTitle} action={<ButtonLink to="/quick-start" variant="primary">{text.empty.quickStart}</ButtonLink>}>
        {text.empty.noneText}
      </EmptyState>
    );
  }
  const anyTime = without(filters, ["range"]);
  return (
    <EmptyState
      icon={SearchX}
      title={text.empty.filteredTitle}
      action={
        <>
          {filters.range !== null && hasFilters(anyTime) ? <Button onClick={() => onFilters(anyTime)}>{text.empty.anyTime}</Button> : null}
          <Button onClick={() => onFilters(NO_FILTERS)}>{text.empty.clear}</Button>
        </>
      }
    >
      {text.empty.filteredText}
    </EmptyState>
  );
}
