import { useId, type ReactNode } from "react";
import { components as text } from "@/strings/components";

export interface FieldControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  /** Draws the control; the given props tie it to its label, hint and error. */
  children: (control: FieldControlProps) => ReactNode;
  optional?: boolean | undefined;
}

export function Field({ label, hint, error, children, optional = false }: FieldProps) {
  const id = useId();
  const hasHint = hint !== undefined && hint !== null && hint !== false;
  const hasError = error !== undefined && error !== null && error !== false && error !== "";
  const describedBy = [hasError ? `${id}-error` : "", hasHint ? `${id}-hint` : ""].filter(Boolean).join(" ");
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="flex items-baseline gap-1.5 text-[13px] font-medium text-ink">
        {label}
        {optional ? <span className="text-xs font-normal text-muted">{`(${text.optional})`}</span> : null}
      </label>
      {children({ id, "aria-describedby": describedBy || undefined, "aria-invalid": hasError || undefined })}
      {hasError ? <p id={`${id}-error`} role="alert" className="text-xs text-bad">{error}</p> : null}
      {hasHint ? <p id={`${id}-hint`} className="text-xs text-pretty text-muted">{hint}</p> : null}
    </div>
  );
}
