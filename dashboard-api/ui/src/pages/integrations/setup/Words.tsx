import { InlineCode } from "@/components";

/** A sentence in which backticks mark what is typed or named as it is. */
export function Words({ children }: { children: string }) {
  return children.split("`").map((part, index) => (index % 2 === 1 ? <InlineCode key={index}>{part}</InlineCode> : part));
}
