import { CopyButton, type DataColumn, DataTable } from "@/components";
import { pipeline as text } from "@/strings/pipeline";
import { spans } from "./health";
import type { Group, Member } from "./queries";

const COLUMNS: DataColumn<Member>[] = [
  { key: "client", header: text.client, cell: (member) => member.client_id, className: "font-medium" },
  { key: "partitions", header: text.partitions, cell: (member) => spans(member.partitions) || text.noPartitions, className: "tabular-nums" },
  { key: "member", header: text.member, cell: (member) => <MemberId id={member.member_id} />, hideBelow: "sm" },
];

/** The processes of a group, and which partitions each has. */
export function MemberTable({ group }: { group: Group }) {
  return (
    <DataTable
      caption={text.membersTable(text.role(group.role))}
      columns={COLUMNS}
      rows={group.members}
      rowKey={(member) => member.member_id}
      empty={text.noMembers}
      className="-mx-4 border-y border-line"
    />
  );
}

function MemberId({ id }: { id: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <span title={id} className="max-w-72 truncate font-mono text-xs">
        {id}
      </span>
      <CopyButton text={id} label={text.memberId} />
    </span>
  );
}
