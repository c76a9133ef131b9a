import { useSearchParams } from "react-router";
import { parseSort, type Sort } from "@/pages/surveys/sort";

/** What is searched and how it is sorted, kept in the page's address. */
export function useListAddress() {
  const [parameters, setParameters] = useSearchParams();
  const set = (name: string, value: string) => {
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  };
  return {
    prefix: parameters.get("q")?.trim() ?? "",
    setPrefix: (prefix: string) => set("q", prefix.trim()),
    sort: parseSort(parameters.get("sort")),
    setSort: (sort: Sort) => set("sort", sort === "activity" ? "" : sort),
  };
}
