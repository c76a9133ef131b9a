import { useState } from "react";
import { Field, Input } from "@/components";
import type { PublishableKey } from "@/pages/integrations/queries";
import { isForbidden, keyTextOf, knownKey } from "@/pages/integrations/setup/keys";
import { remember, useTyped } from "@/pages/integrations/setup/memory";
import { facts as words } from "@/strings/integrations";

/** Takes a publishable key. A secret that lands here by mistake is taken out at once and kept nowhere. */
export function KeyField({ known }: { known: readonly PublishableKey[] | undefined }) {
  const { key } = useTyped();
  const [threwAway, setThrewAway] = useState(false);
  const take = (text: string) => {
    const refused = isForbidden(keyTextOf(text));
    setThrewAway(refused);
    remember({ key: refused ? "" : text });
  };
  const error = threwAway ? words.keyForbidden : keyTextOf(key) === "other" ? words.keyWrong : undefined;
  return (
    <Field label={words.key} hint={recognised(key, known) ?? words.keyHint} error={error}>
      {(control) => (
        <Input
          {...control}
          value={key}
          onChange={(event) => take(event.target.value)}
          placeholder="pk_live_…"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          className="font-mono"
        />
      )}
    </Field>
  );
}

function recognised(text: string, known: readonly PublishableKey[] | undefined): string | undefined {
  if (known === undefined || keyTextOf(text) !== "publishable") return undefined;
  const key = knownKey(text, known);
  return key === undefined ? words.keyUnknown : words.keyKnown(key.name == null ? words.keyUnnamed(key.hint) : words.keyNamed(key.name));
}
