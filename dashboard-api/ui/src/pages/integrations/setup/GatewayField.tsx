import { Field, Input } from "@/components";
import { isPlain, originOf } from "@/pages/integrations/setup/gateway";
import { remember, useTyped } from "@/pages/integrations/setup/memory";
import type { Setup } from "@/pages/integrations/setup/useSetup";
import { facts as words } from "@/strings/integrations";

/** The gateway's address: shown when it is known, asked for when it is not. */
export function GatewayField({ setup }: { setup: Setup }) {
  const typed = useTyped().gateway;
  const { gateway, gatewaySource } = setup;
  const isKnown = gatewaySource === "server" || gatewaySource === "this-origin";
  const error = !isKnown && typed !== "" && originOf(typed) === null ? words.gatewayInvalid : undefined;
  const hint = isKnown ? words.gatewayKnown[gatewaySource] : words.gatewayHint;
  return (
    <Field label={words.gateway} hint={gateway !== null && isPlain(gateway) ? `${hint} ${words.gatewayPlain}` : hint} error={error}>
      {(control) => (
        <Input
          {...control}
          type="url"
          inputMode="url"
          value={isKnown ? (gateway ?? "") : typed}
          readOnly={isKnown}
          onChange={(event) => remember({ gateway: event.target.value })}
          placeholder="https://ingest.example.com"
          autoComplete="off"
          spellCheck={false}
          className="font-mono read-only:bg-sunken"
        />
      )}
    </Field>
  );
}
