import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
// Loaded before the first test: the chart loads it lazily, which on a slow machine outlasts any wait.
import "./TimePlot";
import { BarList, BoxStrip, Histogram, Sparkline, StackedBar, TimeChart } from ".";
import { linePoints, roundUp, shareOf } from "./scale";
import { drawingOf, stack, type TimeSeries } from "./timeSeries";

const series: TimeSeries[] = [
  { name: "Low", values: [1, null, null], color: 1, kind: "bars" },
  { name: "High", values: [2, 3, null], color: 2, kind: "bars" },
];

it("stacks count unknown as nothing unless all is unknown", () => {
  expect(stack(series, 3)).toEqual([[1, 0, null], [3, 3, null]]);
  expect(drawingOf(series, 3, true).map((column) => column.series.name)).toEqual(["High", "Low"]);
  expect(drawingOf(series, 3, false)[0]?.values).toEqual([1, null, null]);
});

it("scales cut what lies outside and round up", () => {
  expect([shareOf(5, 10), shareOf(20, 10), shareOf(-1, 10), shareOf(1, 0)]).toEqual([0.5, 1, 0, 0]);
  expect([roundUp(0), roundUp(1), roundUp(23), roundUp(51), roundUp(2000)]).toEqual([1, 1, 25, 100, 2000]);
  expect(linePoints([1, 1], 100, 20).map((point) => point.y)).toEqual([10, 10]);
});

it("a time chart has a name, toggles and the same numbers as a table", async () => {
  render(<TimeChart label="Sessions by risk" times={[1000, 2000, 3000]} series={series} stacked />);
  await screen.findByRole("img", { name: "Sessions by risk" }, { timeout: 10_000 });
  const low = screen.getByRole("button", { name: "Low", pressed: true });
  await userEvent.click(low);
  expect(low.getAttribute("aria-pressed")).toBe("false");
  await userEvent.click(screen.getByText("Show as table"));
  expect(screen.getByRole("table", { name: "Sessions by risk" }).querySelectorAll("tbody tr")).toHaveLength(3);
  expect(screen.getAllByRole("columnheader").map((cell) => cell.textContent)).toEqual(["Time", "Low", "High"]);
});

it("a time chart without values says so", () => {
  render(<TimeChart label="Empty" times={[1000]} series={[{ name: "a", values: [null], color: 1, kind: "line" }]} />);
  expect(screen.getByText("No values in this range.")).toBeTruthy();
});

it("bars and parts lead to the lists they count", () => {
  render(
    <MemoryRouter>
      <BarList label="Reasons" items={[{ key: "paste", label: "Pasted", value: 4, to: "/sessions?reason=paste" }]} />
      <StackedBar label="Risks" parts={[{ key: "HIGH", label: "High", value: 1, color: "risk-high", to: "/sessions?risk=HIGH" }, { key: "LOW", label: "Low", value: 3, color: "risk-low" }]} />
    </MemoryRouter>,
  );
  expect(screen.getByRole("link", { name: /Pasted.*4/ }).getAttribute("href")).toBe("/sessions?reason=paste");
  expect(screen.getByRole("link", { name: /High.*1.*25%/ }).getAttribute("href")).toBe("/sessions?risk=HIGH");
});

it("the other charts have names", () => {
  render(
    <>
      <Histogram label="Scores" bins={[{ from: 0, to: 1, count: 3 }]} />
      <Sparkline label="Trend" values={[1, 5]} />
      <BoxStrip label="Times" rows={[{ label: "Page 1", groups: [{ name: "People", color: 1, p10: 1, p25: 2, p50: 3, p75: 4, p90: 5, count: 9 }] }]} format={String} />
    </>,
  );
  for (const name of ["Scores", "Trend: from 1 to 5", "Times"]) expect(screen.getByRole("img", { name })).toBeTruthy();
});
