import { FileDown } from "lucide-react";
import { toast } from "sonner";
import { ApiProblem } from "@/api/problem";
import { Button } from "@/components";
import type { Range } from "@/lib/range";
import { useReport } from "@/pages/survey/queries";
import { survey } from "@/strings/survey";

const text = survey.report;
/** Browsers begin to read a blob soon after the click; then its memory can go. */
const KEPT_MS = 60_000;

function saveAs(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

/** Downloads the period's report, and says so when there is none. */
export function ReportButton({ name, range }: { name: string; range: Range }) {
  const report = useReport(name, range);
  const download = () => {
    report.mutate(undefined, {
      onSuccess: (content) => {
        saveAs(content, text.file(name));
        toast.success(text.done);
      },
      onError: (error) => {
        toast.error(text.failed, { description: error instanceof ApiProblem ? (error.detail ?? error.title) : error.message });
      },
    });
  };
  return (
    <Button icon={FileDown} busy={report.isPending} onClick={download}>
      {text.action}
    </Button>
  );
}
