import { ButtonLink } from "@/components";
import { PLATFORMS } from "@/pages/integrations/setup/snippets";
import { viewPath } from "@/pages/integrations/view";
import { platformName } from "@/strings/integrations";
import { connectStep as words } from "@/strings/quick-start";

/** Leads to the guides; done when a platform has ended a session. */
export function ConnectStep({ isDone }: { isDone: boolean }) {
  return (
    <>
      <p className="max-w-prose text-pretty text-muted">{isDone ? words.done : words.text}</p>
      <div className="flex flex-wrap gap-2">
        {isDone ? (
          <ButtonLink to="/integrations">{words.open}</ButtonLink>
        ) : (
          PLATFORMS.map((platform) => (
            <ButtonLink key={platform} to={viewPath("guides", { platform })}>
              {platformName(platform)}
            </ButtonLink>
          ))
        )}
      </div>
    </>
  );
}
