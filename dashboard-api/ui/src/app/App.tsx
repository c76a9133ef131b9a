import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useMemo, useState } from "react";
import { createBrowserRouter, redirect, RouterProvider } from "react-router";
import { Toaster } from "sonner";
import { makeQueryClient } from "@/api/query-client";
import { NotFound } from "@/app/NotFound";
import { PageSkeleton } from "@/app/PageSkeleton";
import { ROUTES } from "@/app/pages";
import { RouteError } from "@/app/RouteError";
import { Shell } from "@/app/Shell";
import { SignIn } from "@/app/SignIn";
import { useAppearance } from "@/lib/appearance";
import { LiveProvider } from "@/live";

const gallery = async () => ({ Component: (await import("@/app/Gallery")).default });

const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <RouteError />,
    children: [
      // The query stays: an expired sign-in link says so in it.
      { index: true, loader: ({ request }) => redirect(`/overview${new URL(request.url).search}`) },
      ...ROUTES.map(({ path, Page }) => ({
        path,
        errorElement: <RouteError />,
        element: (
          <Suspense fallback={<PageSkeleton />}>
            <Page />
          </Suspense>
        ),
      })),
      // Every component on one page, for whoever works on them.
      ...(import.meta.env.DEV ? [{ path: "gallery", lazy: gallery }] : []),
      { path: "*", element: <NotFound /> },
    ],
  },
]);

/** The app: asks for a sign-in when the API does, and goes on where it was. */
export function App() {
  const [signedOut, setSignedOut] = useState(false);
  const { theme } = useAppearance();
  const client = useMemo(() => makeQueryClient(() => setSignedOut(true)), []);
  const signedIn = () => {
    client.clear();
    setSignedOut(false);
  };
  return (
    <QueryClientProvider client={client}>
      {signedOut ? (
        <SignIn onSignedIn={signedIn} />
      ) : (
        <LiveProvider onSignedOut={() => setSignedOut(true)}>
          <RouterProvider router={router} />
        </LiveProvider>
      )}
      <Toaster theme={theme} position="bottom-right" closeButton richColors={false} visibleToasts={4} />
    </QueryClientProvider>
  );
}
