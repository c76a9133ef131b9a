import { Inbox } from "lucide-react";
import { ApiProblem } from "@/api/problem";
import {
  Badge, Callout, CodeBlock, Duration, EmptyState, ErrorState, InlineCode, Kbd, KeyValues, Meter, SkeletonText, TextLink, Time,
} from "@/components";
import { gallery as text } from "@/strings/gallery";

const starting = new ApiProblem({ status: 503, code: "starting", title: "Starting", requestId: "01J-request", retryAfter: 5 });
const tones = ["neutral", "good", "warn", "bad", "info", "accent"] as const;

export function StateSamples() {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <EmptyState icon={Inbox} title={text.emptyTitle}>{text.emptyText}</EmptyState>
      <ErrorState error={starting} onRetry={() => undefined} />
      <ErrorState error={new TypeError()} compact onRetry={() => undefined} />
      <SkeletonText lines={4} />
      <div className="flex flex-col gap-2">
        {tones.map((tone) => (
          <Callout key={tone} tone={tone} title={text.calloutTitle}>{text.callout}</Callout>
        ))}
      </div>
      <div className="flex flex-col gap-3 text-[13px]">
        <div className="flex flex-wrap gap-2">{tones.map((tone) => <Badge key={tone} tone={tone}>{tone}</Badge>)}</div>
        <CodeBlock label={text.snippet} language="html" code={'<script src="/candor.js" async></script>'} />
        <KeyValues
          items={[
            { label: text.keyValues.when, value: <Time at="2026-11-20T10:00:00Z" /> },
            { label: text.keyValues.took, value: <Duration ms={184_000} /> },
            { label: text.keyValues.id, value: <InlineCode>{text.session(1)}</InlineCode> },
          ]}
        />
        <Meter value={0.32} label={text.meter} tone="warn" />
        <p className="flex flex-wrap items-center gap-3">
          <TextLink to="/quick-start">{text.docs}</TextLink>
          <TextLink href="/docs">{text.docs}</TextLink>
          <Kbd>K</Kbd>
        </p>
      </div>
    </div>
  );
}
