import { useCallback, useState } from "react";
import { readStored, writeStored } from "@/lib/storage";
import { COLUMN_KEYS, type ColumnKey, FIRST_COLUMNS } from "./columns";

const STORED = "sessions.columns";

const isStored = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === "string");

/** Known columns only, each once: the stored choice may be of another version. */
export function readColumns(): ColumnKey[] {
  const stored = new Set<string>(readStored(STORED, [...FIRST_COLUMNS], isStored));
  return [...stored].filter((key): key is ColumnKey => COLUMN_KEYS.some((known) => known === key));
}

/** The columns that are shown, in their order; kept in the browser. */
export function useColumns(): [readonly ColumnKey[], (columns: readonly ColumnKey[]) => void] {
  const [columns, setColumns] = useState<readonly ColumnKey[]>(readColumns);
  const choose = useCallback((next: readonly ColumnKey[]) => {
    setColumns(next);
    writeStored(STORED, next);
  }, []);
  return [columns, choose];
}

/** Moves one of the columns by so many places. */
export function moved(columns: readonly ColumnKey[], key: ColumnKey, by: number): ColumnKey[] {
  const from = columns.indexOf(key);
  const rest = columns.filter((each) => each !== key);
  return from < 0 ? rest : rest.toSpliced(Math.max(0, from + by), 0, key);
}
