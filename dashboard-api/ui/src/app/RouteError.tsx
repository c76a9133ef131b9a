import { RotateCcw } from "lucide-react";
import { useRouteError } from "react-router";
import { Button, EmptyState, PageHeader } from "@/components";
import { common, shell } from "@/strings/common";

/** A page whose chunk is gone: the server has a newer version than this tab. */
const isOldVersion = (error: unknown): boolean =>
  error instanceof TypeError && /dynamically imported module|module script/i.test(error.message);

/** In place of a page that failed; the frame around it goes on. */
export function RouteError() {
  const old = isOldVersion(useRouteError());
  return (
    <>
      <PageHeader title={old ? shell.newVersionTitle : shell.crashedTitle} />
      <EmptyState
        icon={RotateCcw}
        title={old ? shell.newVersionText : shell.crashedText}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            {old ? shell.newVersionAction : common.retry}
          </Button>
        }
      />
    </>
  );
}
