import { useState } from "react";
import { Button, Callout, Drawer, KeyValues, QueryView, SkeletonText, Time } from "@/components";
import { formatBytes } from "@/lib/format";
import { letters as text } from "@/strings/letters";
import { type Letter, type LetterContent, useLetterContent } from "../queries";
import { LetterHeaders, LetterValue } from "./LetterBody";
import { lineOf } from "./content";
import { StateBadge } from "./LetterTable";

interface Properties {
  id: string;
  /** Absent when the list does not hold it: then the facts come with the content. */
  letter: Letter | undefined;
  onClose: () => void;
}

/** One letter. Its raw content is read only when somebody asks for it: it may hold what a respondent typed. */
export function LetterDrawer({ id, letter, onClose }: Properties) {
  const [isAsked, setAsked] = useState(false);
  const content = useLetterContent(id, isAsked);
  const known = letter ?? content.data;
  return (
    <Drawer open onOpenChange={onClose} title={text.drawerTitle(id)} description={known === undefined ? undefined : text.reasonWord(known.reason)} size="lg">
      <div className="space-y-5">
        {known === undefined ? null : <Facts letter={known} state={letter?.state} content={content.data} />}
        <section className="space-y-3">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <h3 className="text-sm font-semibold">{text.contentTitle}</h3>
            <Button size="sm" aria-expanded={isAsked} onClick={() => setAsked(!isAsked)}>
              {isAsked ? text.hideContent : text.showContent}
            </Button>
          </div>
          <Callout tone="warn">{text.contentWarning}</Callout>
          {isAsked ? (
            <QueryView query={content} skeleton={<SkeletonText lines={8} />} compactError>
              {(data) => (
                <>
                  <LetterHeaders headers={data.headers} />
                  <LetterValue value={data.value} />
                </>
              )}
            </QueryView>
          ) : null}
        </section>
      </div>
    </Drawer>
  );
}

interface FactsProperties {
  letter: Letter | LetterContent;
  state: Letter["state"] | undefined;
  content: LetterContent | undefined;
}

function Facts({ letter, state, content }: FactsProperties) {
  const { source } = letter;
  const size = "bytes" in letter ? letter.bytes : letter.value.bytes;
  return (
    <section className="space-y-2">
      <h3 className="text-sm font-semibold">{text.facts}</h3>
      <p className="text-muted">{text.reasonHelp(letter.reason)}</p>
      <KeyValues
        items={[
          { label: text.reason, value: <span className="font-mono text-xs">{letter.reason}</span> },
          ...(state === undefined ? [] : [{ label: text.state, value: <StateBadge state={state} /> }]),
          { label: text.setAside, value: <Time at={letter.set_aside_at} mode="absolute" /> },
          ...(content === undefined ? [] : [{ label: text.writtenAt, value: <Time at={content.written_at} mode="absolute" /> }]),
          { label: text.stood, value: `${source.topic} ${text.position(source.partition, source.offset)}` },
          { label: text.organisation, value: letter.organisation ?? text.nobody },
          { label: text.key, value: <span className="font-mono text-xs">{letter.key.bytes === 0 ? text.noKey : lineOf(letter.key)}</span> },
          { label: text.size, value: formatBytes(size) },
        ]}
      />
    </section>
  );
}
