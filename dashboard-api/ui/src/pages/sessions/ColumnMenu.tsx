import { ArrowDown, ArrowUp, Columns3 } from "lucide-react";
import { Button, Checkbox, IconButton, Popover } from "@/components";
import { sessions as text } from "@/strings/sessions";
import { COLUMN_KEYS, type ColumnKey, FIRST_COLUMNS } from "./columns";
import { moved } from "./useColumns";

interface Properties {
  columns: readonly ColumnKey[];
  onColumns: (columns: readonly ColumnKey[]) => void;
}

const { names } = text.columns;

/** Chooses columns and their order. */
export function ColumnMenu({ columns, onColumns }: Properties) {
  const hidden = COLUMN_KEYS.filter((key) => !columns.includes(key));
  return (
    <Popover trigger={<Button icon={Columns3}>{text.columns.button}</Button>} label={text.columns.label} align="end" className="w-72">
      <p className="mb-2 text-xs text-muted">{text.columns.description}</p>
      <ul>
        {columns.map((key, index) => (
          <li key={key} className="flex items-center gap-1">
            <Checkbox
              label={names[key]}
              checked
              onChecked={() => onColumns(columns.filter((each) => each !== key))}
              className="min-h-7 flex-1 rounded-control px-1 hover:bg-sunken"
            />
            <IconButton
              label={text.columns.up(names[key])}
              icon={ArrowUp}
              size="sm"
              disabled={index === 0}
              onClick={() => onColumns(moved(columns, key, -1))}
            />
            <IconButton
              label={text.columns.down(names[key])}
              icon={ArrowDown}
              size="sm"
              disabled={index === columns.length - 1}
              onClick={() => onColumns(moved(columns, key, 1))}
            />
          </li>
        ))}
        {hidden.map((key) => (
          <li key={key}>
            <Checkbox
              label={names[key]}
              checked={false}
              onChecked={() => onColumns([...columns, key])}
              className="min-h-7 w-full rounded-control px-1 hover:bg-sunken"
            />
          </li>
        ))}
      </ul>
      <Button variant="ghost" size="sm" className="mt-2 w-full" onClick={() => onColumns(FIRST_COLUMNS)}>
        {text.columns.reset}
      </Button>
    </Popover>
  );
}
