import { Fragment } from "react";
import { InlineCode } from "@/components";

/** Text of the API's document: what stands in backticks is code. */
export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 1 ? <InlineCode key={index}>{part}</InlineCode> : <Fragment key={index}>{part}</Fragment>,
  );
}
