import { RefreshCw, Rows3, Rows4, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import {
  Button, ButtonLink, Checkbox, Field, IconButton, Input, MultiSelect, NativeSelect, RangePicker, SearchInput, Segmented, Slider, Switch, Textarea,
} from "@/components";
import { formatPercent } from "@/lib/format";
import type { Range } from "@/lib/range";
import { gallery as text } from "@/strings/gallery";
import { RISKS, riskWord, type Risk } from "@/strings/words";

const risks = RISKS.map((value) => ({ value, label: riskWord(value) }));
const surveys = Array.from({ length: 12 }, (_, index) => ({ value: `s${index}`, label: `${text.survey} ${index + 1}` }));

export function ControlSamples() {
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" icon={Save}>{text.save}</Button>
        <Button>{text.secondary}</Button>
        <Button variant="ghost">{text.ghost}</Button>
        <Button variant="danger" icon={Trash2}>{text.remove}</Button>
        <Button variant="primary" busy>{text.saving}</Button>
        <Button size="sm">{text.small}</Button>
        <ButtonLink to="/sessions">{text.link}</ButtonLink>
        <IconButton label={text.refresh} icon={RefreshCw} />
      </div>
      <Choices />
      <Fields />
    </div>
  );
}

function Choices() {
  const [range, setRange] = useState<Range>({ range: "24h" });
  const [chosen, setChosen] = useState<Risk[]>([]);
  const [survey, setSurvey] = useState<string[]>([]);
  const [density, setDensity] = useState<"comfortable" | "compact">("comfortable");
  return (
    <div className="flex flex-wrap items-center gap-2">
      <RangePicker value={range} onValue={setRange} />
      <MultiSelect label={text.risk} options={risks} value={chosen} onValue={setChosen} />
      <MultiSelect label={text.survey} options={surveys} value={survey} onValue={setSurvey} />
      <Segmented
        label={text.density}
        iconOnly
        options={[
          { value: "comfortable", label: text.comfortable, icon: Rows3 },
          { value: "compact", label: text.compact, icon: Rows4 },
        ]}
        value={density}
        onValue={setDensity}
      />
    </div>
  );
}

function Fields() {
  const [name, setName] = useState("");
  const [risk, setRisk] = useState<Risk>("HIGH");
  const [sought, setSought] = useState("");
  const [checked, setChecked] = useState(false);
  const [threshold, setThreshold] = useState(0.6);
  return (
    <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
      <Field label={text.name} hint={text.nameHint} error={name === "" ? text.nameError : undefined}>
        {(control) => <Input {...control} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label={text.risk}>{(control) => <NativeSelect {...control} options={risks} value={risk} onValue={setRisk} />}</Field>
      <Field label={text.note} optional>{(control) => <Textarea {...control} />}</Field>
      <SearchInput label={text.search} placeholder={text.searchHint} value={sought} onValue={setSought} />
      <Slider label={text.threshold} min={0} max={1} step={0.05} value={threshold} onValue={setThreshold} format={formatPercent} />
      <div className="flex flex-col gap-1">
        <Checkbox label={text.include} checked={checked} onChecked={setChecked} />
        <Checkbox label={text.some} checked="indeterminate" onChecked={setChecked} />
        <Switch label={text.live} description={text.liveHint} checked={checked} onChecked={setChecked} />
      </div>
    </div>
  );
}
