import { FileSearch } from "lucide-react";
import { Badge, Checkbox, type DataColumn, DataTable, IconButton, Time, type Tone } from "@/components";
import { formatBytes } from "@/lib/format";
import { letters as text } from "@/strings/letters";
import type { Letter } from "../queries";
import { lineOf } from "./content";

interface Properties {
  letters: Letter[];
  selected: ReadonlySet<string>;
  onSelected: (selected: ReadonlySet<string>) => void;
  onOpen: (id: string) => void;
}

export function LetterTable({ letters, selected, onSelected, onOpen }: Properties) {
  const toggle = (id: string, isChosen: boolean) => {
    const next = new Set(selected);
    if (isChosen) next.add(id);
    else next.delete(id);
    onSelected(next);
  };
  const chosen = letters.filter((letter) => selected.has(letter.id)).length;
  const all = (
    <Checkbox
      label={text.selectAll}
      hideLabel
      checked={chosen === 0 ? false : chosen === letters.length ? true : "indeterminate"}
      onChecked={(isChosen) => onSelected(new Set(isChosen ? letters.map((letter) => letter.id) : []))}
    />
  );
  const columns: DataColumn<Letter>[] = [
    {
      key: "select",
      header: all,
      cell: (row) => (
        <Checkbox label={text.select(row.id)} hideLabel checked={selected.has(row.id)} onChecked={(isChosen) => toggle(row.id, isChosen)} />
      ),
      className: "w-10",
    },
    { key: "reason", header: text.reason, cell: (row) => <Reason code={row.reason} />, className: "min-w-44" },
    { key: "source", header: text.stood, cell: (row) => <Stood letter={row} />, hideBelow: "md" },
    { key: "at", header: text.setAside, cell: (row) => <Time at={row.set_aside_at} /> },
    { key: "key", header: text.key, cell: (row) => <Key letter={row} />, hideBelow: "lg" },
    { key: "size", header: text.size, cell: (row) => formatBytes(row.bytes), align: "right", hideBelow: "lg" },
    { key: "state", header: text.state, cell: (row) => <StateBadge state={row.state} />, hideBelow: "sm" },
    {
      key: "inspect",
      header: <span className="sr-only">{text.letter}</span>,
      cell: (row) => <IconButton label={text.inspect(row.id)} icon={FileSearch} onClick={() => onOpen(row.id)} />,
      align: "right",
      className: "w-12",
    },
  ];
  return <DataTable caption={text.caption} columns={columns} rows={letters} rowKey={(row) => row.id} />;
}

function Reason({ code }: { code: string }) {
  return (
    <span className="flex flex-col">
      <span className="font-medium">{text.reasonWord(code)}</span>
      <span className="font-mono text-xs text-muted">{code}</span>
    </span>
  );
}

function Stood({ letter: { source } }: { letter: Letter }) {
  return (
    <span className="flex flex-col">
      <span className="wrap-anywhere">{source.topic}</span>
      <span className="font-mono text-xs text-muted">{text.position(source.partition, source.offset)}</span>
    </span>
  );
}

function Key({ letter: { key } }: { letter: Letter }) {
  if (key.bytes === 0) return <span className="text-muted">{text.noKey}</span>;
  const line = lineOf(key);
  return (
    <span title={line} className="block max-w-64 truncate font-mono text-xs">
      {line}
    </span>
  );
}

const TONES: Record<Letter["state"], Tone> = { new: "warn", replayed: "good", uncertain: "info" };

export function StateBadge({ state }: { state: Letter["state"] }) {
  return (
    <Badge tone={TONES[state]} title={text.stateHints[state]}>
      {text.states[state]}
    </Badge>
  );
}
