/** Answers of the API for the pipeline's tests. */
import type { Group, Letter, LetterContent, Partition, Pipeline, ReplayReport } from "./queries";

export const LOOKED_AT = "2026-11-20T10:00:00Z";

export function aPartition(number: number, change: Partial<Partition> = {}): Partition {
  return {
    partition: number,
    committed: 1000,
    end: 1000,
    lag: 0,
    lag_seconds: 0,
    lag_seconds_at_least: false,
    owner: "candor-7f0001",
    ...change,
  };
}

export function aGroup(change: Partial<Group> = {}): Group {
  const partitions = change.partitions ?? [aPartition(0), aPartition(1)];
  const waits = partitions.flatMap((partition) => partition.lag_seconds ?? []);
  return {
    role: "detector",
    group: "candor-detector",
    topic: "candor.events.v1",
    state: "stable",
    workers: 1,
    lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    lag_seconds: waits.length === 0 ? null : Math.max(...waits),
    members: [{ member_id: "candor-7f0001", client_id: "candor", partitions: [0, 1] }],
    ...change,
    partitions,
  };
}

export function aReport(change: Partial<Pipeline> = {}): Pipeline {
  return {
    looked_at: LOOKED_AT,
    age_seconds: 0.5,
    problem: null,
    database_reachable: true,
    groups: [aGroup(), aGroup({ role: "sink", group: "candor-sink", topic: "candor.verdicts.v1" })],
    topics: [
      { role: "events", topic: "candor.events.v1", partitions: 2, records_per_second: 204.5 },
      { role: "verdicts", topic: "candor.verdicts.v1", partitions: 2, records_per_second: 41 },
      { role: "dead_letters", topic: "candor.events.v1.dlq", partitions: 2, records_per_second: 0 },
    ],
    ...change,
  };
}

export function aLetter(id: string, change: Partial<Letter> = {}): Letter {
  return {
    id,
    reason: "ruleset_missing",
    set_aside_at: LOOKED_AT,
    source: { topic: "candor.events.v1", partition: 1, offset: 40_960 },
    organisation: "acme",
    key: { encoding: "text", content: `key-${id}`, bytes: 7, is_cut: false },
    bytes: 812,
    state: "new",
    ...change,
  };
}

export function aContent(id: string): LetterContent {
  return {
    id,
    reason: "ruleset_missing",
    set_aside_at: LOOKED_AT,
    written_at: LOOKED_AT,
    source: { topic: "candor.events.v1", partition: 1, offset: 40_960 },
    organisation: "acme",
    key: { encoding: "text", content: `key-${id}`, bytes: 7, is_cut: false },
    headers: [
      { name: "candor_dlq_reason", value: { encoding: "text", content: "ruleset_missing", bytes: 15, is_cut: false } },
      { name: "odd", value: { encoding: "base64", content: "/wA=", bytes: 2, is_cut: false } },
    ],
    value: { encoding: "text", content: '{"events":[]}', bytes: 13, is_cut: false },
  };
}

export function aReplay(change: Partial<ReplayReport> = {}): ReplayReport {
  return {
    letters: 2,
    replayed_before: 0,
    to_replay: 2,
    by_reason: { ruleset_missing: 2 },
    by_topic: { "candor.events.v1": 2 },
    replayed: 0,
    failed: 0,
    failures: [],
    dry_run: true,
    ...change,
  };
}
