import { useSearchParams } from "react-router";
import { BarList } from "@/charts";
import { Card } from "@/components";
import { formatCount } from "@/lib/format";
import { letters as text } from "@/strings/letters";
import type { Letter } from "../queries";
import { type LetterFilter, parseFilter, withFilter } from "./filter";

/** How many of the loaded letters have each reason, and come from each topic; each bar leads to them. */
export function Breakdown({ letters, hasMore }: { letters: Letter[]; hasMore: boolean }) {
  const [parameters] = useSearchParams();
  const filter = parseFilter(parameters);
  const to = (change: Partial<LetterFilter>) => `/pipeline?${withFilter(parameters, { ...filter, ...change }).toString()}`;
  const reasons = counted(letters.map((letter) => letter.reason));
  const sources = counted(letters.map((letter) => letter.source.topic));
  const note = text.ofLoaded(letters.length, hasMore);
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Card title={text.byReason} description={note}>
        <BarList
          label={text.byReason}
          format={formatCount}
          items={reasons.map(([reason, value]) => ({ key: reason, label: text.reasonWord(reason), value, to: to({ reason }) }))}
        />
      </Card>
      <Card title={text.bySource} description={note}>
        <BarList
          label={text.bySource}
          format={formatCount}
          items={sources.map(([source, value]) => ({ key: source, label: source, value, to: to({ source }) }))}
        />
      </Card>
    </div>
  );
}

/** Names with how often each occurs, the most frequent first. */
function counted(names: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]));
}
