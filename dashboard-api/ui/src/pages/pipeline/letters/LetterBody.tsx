import { useState } from "react";
import { CodeBlock, type DataColumn, DataTable, Segmented } from "@/components";
import { formatBytes } from "@/lib/format";
import { letters as text } from "@/strings/letters";
import type { Bytes, LetterContent } from "../queries";
import { bytesOf, contentIn, type ContentView, HEX_BYTES, lineOf, viewsOf } from "./content";

type Header = LetterContent["headers"][number];

const COLUMNS: DataColumn<Header & { index: number }>[] = [
  { key: "name", header: text.headerName, cell: (row) => row.name, className: "font-mono text-xs" },
  { key: "value", header: text.headerValue, cell: (row) => lineOf(row.value), className: "font-mono text-xs wrap-anywhere" },
];

/** A name may come more than once. */
export function LetterHeaders({ headers }: { headers: Header[] }) {
  return (
    <DataTable
      caption={text.headersCaption}
      columns={COLUMNS}
      rows={headers.map((header, index) => ({ ...header, index }))}
      rowKey={(row) => row.index}
      empty={text.noHeaders}
      className="rounded-control border border-line [--cell-y:0.25rem] [--row-h:2rem]"
    />
  );
}

/** The record's value, in the form that suits it best, or as chosen. It cannot be copied: it is not meant to travel. */
export function LetterValue({ value }: { value: Bytes }) {
  const views = viewsOf(value);
  const [chosen, setChosen] = useState<ContentView | null>(null);
  const view = chosen ?? views[0] ?? "hex";
  if (value.bytes === 0) return <p className="text-muted">{text.emptyValue}</p>;
  const isHexCut = view === "hex" && bytesOf(value).length > HEX_BYTES;
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h4 className="text-[13px] font-medium">{text.value}</h4>
        <Segmented
          label={text.valueView}
          value={view}
          onValue={setChosen}
          options={views.map((name) => ({ value: name, label: text.views[name] }))}
        />
      </div>
      <CodeBlock code={contentIn(view, value)} label={text.value} copy={false} />
      <p className="text-xs text-muted">
        {value.is_cut ? text.cut(formatBytes(shownBytes(value)), formatBytes(value.bytes)) : text.whole(formatBytes(value.bytes))}{" "}
        {view === "json" ? text.jsonNote : isHexCut ? text.hexCut(formatBytes(HEX_BYTES)) : null}
      </p>
    </div>
  );
}

const shownBytes = (value: Bytes): number => bytesOf(value).length;
