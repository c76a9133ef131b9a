import { Compass } from "lucide-react";
import { ButtonLink, EmptyState, PageHeader } from "@/components";
import { shell } from "@/strings/common";

/** An address without a page. */
export function NotFound() {
  return (
    <>
      <PageHeader title={shell.notFoundTitle} />
      <EmptyState
        icon={Compass}
        title={shell.notFoundText}
        action={
          <ButtonLink to="/overview" variant="primary">
            {shell.notFoundAction}
          </ButtonLink>
        }
      />
    </>
  );
}
