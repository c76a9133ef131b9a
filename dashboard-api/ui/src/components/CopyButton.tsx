import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { components as text } from "@/strings/components";
import { IconButton } from "./IconButton";

export interface CopyButtonProps {
  text: string;
  /** What is copied: "session id" becomes "Copy session id". */
  label: string;
  className?: string | undefined;
}

const SHOWN_MS = 1600;

export function CopyButton({ text: copied, label, className }: CopyButtonProps) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = window.setTimeout(() => setDone(false), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [done]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(copied);
      setDone(true);
    } catch {
      toast.error(text.copyFailed);
    }
  }

  return (
    <span className="relative z-1 inline-flex">
      <IconButton label={text.copy(label)} icon={done ? Check : Copy} size="sm" className={className} onClick={() => void copy()} />
      <span role="status" className="sr-only">{done ? text.copied : ""}</span>
    </span>
  );
}
