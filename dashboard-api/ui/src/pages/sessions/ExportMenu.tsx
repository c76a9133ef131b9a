import { Download } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button, Menu } from "@/components";
import { sessions as text } from "@/strings/sessions";
import { download, exportPath, type Format, FORMATS } from "./exports";
import type { Filters } from "./filters";

/** Saves every session of the filters as a file. */
export function ExportMenu({ filters }: { filters: Filters }) {
  const [pseudonymise, setPseudonymise] = useState(false);
  const save = (format: Format) => {
    download(exportPath(filters, format, pseudonymise));
    toast(text.exports.begun);
  };
  return (
    <Menu
      trigger={<Button icon={Download}>{text.exports.button}</Button>}
      items={[
        ...FORMATS.map((format) => ({ label: text.exports[format], onSelect: () => save(format) })),
        "separator",
        { label: text.exports.pseudonymise, checked: pseudonymise, onSelect: () => setPseudonymise(!pseudonymise) },
      ]}
    />
  );
}
