/** Sessions that ask for a person's judgement, one at a time. */
import { Download, RotateCw } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { buttonClass, IconButton, PageHeader, QueryView, Skeleton } from "@/components";
import { useRange } from "@/lib/range";
import { review as text } from "@/strings/review";
import { DEFAULT_RANGE, parseRisks, type QueueFilter } from "./filter";
import { NewSessions } from "./NewSessions";
import { NothingToReview } from "./NothingToReview";
import { itemsOf, useQueue } from "./queries";
import { QueueFilters } from "./QueueFilters";
import { SittingView } from "./SittingView";

const LABELS = "/api/v1/reviews/labels.jsonl";

export default function ReviewPage() {
  const [parameters] = useSearchParams();
  const { range } = useRange(DEFAULT_RANGE);
  const filter: QueueFilter = { risks: parseRisks(parameters.get("risk")), survey: parameters.get("survey"), range };
  const query = useQueue(filter);
  const [sittings, setSittings] = useState(0);
  const items = query.data === undefined ? [] : itemsOf(query.data);
  const readAgain = () => {
    setSittings((number) => number + 1);
    void query.refetch();
  };
  return (
    <>
      <PageHeader
        title={text.title}
        description={text.description}
        actions={
          <>
            <NewSessions key={`${JSON.stringify(filter)} ${sittings}`} filter={filter} items={items} onRefresh={readAgain} />
            <IconButton label={text.refresh} icon={RotateCw} variant="secondary" busy={query.isFetching} onClick={readAgain} />
            <a href={LABELS} download="labels.jsonl" title={text.downloadHint} className={buttonClass({})}>
              <Download aria-hidden className="size-4" />
              {text.download}
            </a>
          </>
        }
      />
      <div className="space-y-4">
        <QueueFilters filter={filter} />
        <QueryView query={query} skeleton={<ReviewSkeleton />} empty={(data) => (itemsOf(data).length === 0 ? <NothingToReview query={query} /> : false)}>
          {() => <SittingView key={JSON.stringify(filter)} query={query} onReadAgain={readAgain} />}
        </QueryView>
      </div>
    </>
  );
}

function ReviewSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Skeleton className="h-[36rem] rounded-card" />
      <Skeleton className="h-96 rounded-card" />
    </div>
  );
}
