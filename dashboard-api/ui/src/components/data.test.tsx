import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, it, vi } from "vitest";
import { ApiProblem } from "@/api/problem";
import { DataTable, ErrorBoundary, QueryView, Stat, VirtualList } from ".";
import { describeDelta } from "./delta";
import { explainError } from "./explainError";
import { draftOf, rangeOf } from "./rangeInput";

it("a table is named and its rows link to what they show", () => {
  render(
    <MemoryRouter>
      <DataTable caption="Sessions" columns={[{ key: "id", header: "Session", cell: (row: string) => row }]} rows={["one"]} rowKey={(row) => row} rowTo={(row) => `/sessions/${row}`} />
    </MemoryRouter>,
  );
  expect(screen.getByRole("table", { name: "Sessions" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "one" }).getAttribute("href")).toBe("/sessions/one");
});

it("a tile with a list behind it is one link", () => {
  render(<MemoryRouter><Stat label="Flagged" value="12" to="/sessions" delta={{ now: 12, before: 10, goodWhen: "down" }} /></MemoryRouter>);
  expect(screen.getByRole("link", { name: /Flagged.*12.*up.*20%.*before: 10/ })).toBeTruthy();
});

it("a change is told in percent, from nothing in numbers", () => {
  expect(describeDelta({ now: 12, before: 10, goodWhen: "down" }, String)).toEqual({ direction: "up", tone: "bad", words: "20%" });
  expect(describeDelta({ now: 3, before: 0 }, String)).toEqual({ direction: "up", tone: "neutral", words: "3" });
  expect(describeDelta({ now: 3, before: 3, goodWhen: "up" }, String).tone).toBe("neutral");
});

it("a long list draws a part of its rows and asks for more at its end", () => {
  const more = vi.fn();
  const list = (length: number) => (
    <VirtualList rows={Array.from({ length }, (_, index) => index)} rowKey={(row) => row} estimate={40} ariaLabel="Rows" onEndReached={more} renderRow={(row) => <p>{`row ${row}`}</p>} />
  );
  const view = render(list(1000));
  expect(screen.getAllByText(/^row/).length).toBeGreaterThan(10);
  expect(screen.getAllByText(/^row/).length).toBeLessThan(60);
  expect(more).not.toHaveBeenCalled();
  view.rerender(list(5));
  expect(more).toHaveBeenCalledOnce();
});

it("a query shows its error with what to do, and its data after", async () => {
  const read = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new ApiProblem({ status: 500, code: "internal", title: "Something failed", requestId: "r-1" })).mockResolvedValueOnce("the data");
  function Sample() {
    const query = useQuery({ queryKey: ["sample"], queryFn: read, retry: false });
    return <QueryView query={query} skeleton="bones">{(data) => data}</QueryView>;
  }
  render(<QueryClientProvider client={new QueryClient()}><Sample /></QueryClientProvider>);
  expect(screen.getByText("bones")).toBeTruthy();
  await screen.findByText("Something failed");
  expect(screen.getByText("r-1")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("the data");
});

it("a failure is told without its inner text", () => {
  expect(explainError(new Error("secret stack")).detail).not.toContain("secret");
  expect(explainError(new ApiProblem({ status: 503, code: "starting", title: "x", retryAfter: 5 }))).toMatchObject({ title: "Candor is starting", detail: "Try again in 5 seconds." });
  expect(explainError(new ApiProblem({ status: 0, code: "network", title: "x" })).title).toBe("Candor cannot be reached");
});

it("a part that throws does not take the page, and another address tries again", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const Broken = (): never => { throw new Error("broken"); };
  const view = render(<ErrorBoundary resetKey="a"><Broken /></ErrorBoundary>);
  expect(screen.getByRole("alert")).toBeTruthy();
  view.rerender(<ErrorBoundary resetKey="b"><p>well</p></ErrorBoundary>);
  expect(screen.getByText("well")).toBeTruthy();
});

it("a custom range survives its fields and refuses the wrong order", () => {
  const range = { from: "2026-11-01T10:00:00.000Z", to: "2026-11-02T10:00:00.000Z" };
  expect(rangeOf(draftOf(range))).toEqual(range);
  expect(rangeOf({ from: "2026-11-02T10:00", to: "2026-11-01T10:00" })).toBeNull();
  expect(rangeOf({ from: "", to: "2026-11-01T10:00" })).toBeNull();
});
