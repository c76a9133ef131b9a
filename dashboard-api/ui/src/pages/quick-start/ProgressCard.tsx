import { ButtonLink, Callout, Card, Meter, SkeletonText } from "@/components";
import { doneSteps, type Facts, STEPS } from "@/pages/quick-start/progress";
import { quickStart as words } from "@/strings/quick-start";

/** How many steps are done; told to screen readers when one more is. */
export function ProgressCard({ facts }: { facts: Facts | null }) {
  const done = facts === null ? null : doneSteps(facts);
  // A platform is the last step, and not everybody has one.
  const works = done?.has("verdict") === true && done.has("key");
  return (
    <Card as="div" aria-label={words.progressLabel}>
      {done === null ? (
        <SkeletonText lines={2} />
      ) : (
        <>
          <p role="status" className="mb-2 text-[13px] font-medium tabular-nums">
            {words.progress(done.size, STEPS.length)}
          </p>
          <Meter value={done.size / STEPS.length} label={words.progressLabel} tone={works ? "good" : "accent"} />
        </>
      )}
      {works ? (
        <div className="mt-3 space-y-3">
          <Callout tone="good" title={words.allDone}>
            {done.has("connect") ? null : words.allDoneText}
          </Callout>
          <ButtonLink to="/overview">{words.overview}</ButtonLink>
        </div>
      ) : null}
    </Card>
  );
}
