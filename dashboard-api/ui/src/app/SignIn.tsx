import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { api, unwrap } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { Mark } from "@/app/Mark";
import { Button, Callout, Field, Input } from "@/components";
import { useTitle } from "@/lib/useTitle";
import { signIn as words } from "@/strings/common";

function reason(error: Error): string {
  if (!(error instanceof ApiProblem)) return error.message;
  if (error.status === 401) return words.wrong;
  if (error.status === 403) return words.forbidden;
  return error.message;
}

/** Exchanges the key for a cookie; the key leaves the field as soon as it is accepted. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  useTitle(words.title);
  const [key, setKey] = useState("");
  const attempt = useMutation({
    mutationFn: (given: string) => unwrap(api.POST("/api/v1/sign-in", { body: { key: given } })),
    onSuccess: () => {
      setKey("");
      onSignedIn();
    },
  });
  const expired = new URLSearchParams(location.search).get("sign-in") === "expired";
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    attempt.mutate(key.trim());
  };
  return (
    <main className="grid min-h-dvh place-items-center bg-canvas p-4">
      <div className="w-full max-w-sm space-y-6 rounded-card border bg-surface p-7 shadow-card">
        <header className="space-y-3">
          <Mark className="size-10" />
          <h1 className="text-xl font-semibold tracking-tight">{words.title}</h1>
          <p className="text-sm text-muted">{words.lead}</p>
        </header>
        {expired && !attempt.isError ? <Callout tone="warn">{words.expired}</Callout> : null}
        <form className="space-y-4" onSubmit={submit}>
          <Field label={words.key} hint={words.keyHint} error={attempt.isError ? reason(attempt.error) : undefined}>
            {(control) => (
              <Input
                {...control}
                type="password"
                autoComplete="off"
                required
                value={key}
                onChange={(event) => setKey(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" variant="primary" icon={KeyRound} busy={attempt.isPending} className="w-full">
            {words.submit}
          </Button>
        </form>
        <p className="text-xs text-muted">{words.help}</p>
      </div>
    </main>
  );
}
