import { Card, PageHeader } from "@/components";
import { gallery as text } from "@/strings/gallery";
import { ChartSamples } from "./gallery/ChartSamples";
import { ControlSamples } from "./gallery/ControlSamples";
import { DataSamples } from "./gallery/DataSamples";
import { OverlaySamples } from "./gallery/OverlaySamples";
import { StateSamples } from "./gallery/StateSamples";

/** Every component in one place, for work on the kit itself. Only in development builds. */
export default function Gallery() {
  return (
    <>
      <PageHeader title={text.title} description={text.description} />
      <div className="flex flex-col gap-4">
        <Card title={text.controls}><ControlSamples /></Card>
        <Card title={text.overlays}><OverlaySamples /></Card>
        <DataSamples />
        <Card title={text.states}><StateSamples /></Card>
        <ChartSamples />
      </div>
    </>
  );
}
