export { BarList, type BarItem, type BarListProps } from "./BarList";
export { BoxStrip, type BoxStripProps, type StripGroup, type StripRow } from "./BoxStrip";
export { ChartTable, type ChartTableProps } from "./ChartTable";
export { backgroundOf, type ChartColor } from "./colors";
export { Histogram, type Bin, type HistogramProps } from "./Histogram";
export { Sparkline, type SparklineProps } from "./Sparkline";
export { StackedBar, type StackedBarProps, type StackedPart } from "./StackedBar";
export { TimeChart, type TimeChartProps } from "./TimeChart";
export type { TimeSeries } from "./timeSeries";
