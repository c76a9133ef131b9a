import { ArrowLeftRight } from "lucide-react";
import { useState } from "react";
import { Button, Card, Dialog } from "@/components";
import { SurveyEditor } from "@/pages/settings/SurveyEditor";
import { SurveyPicker } from "@/pages/settings/SurveyPicker";
import { settings as words } from "@/strings/settings";

/** One survey's settings, or the choice of one. */
export function SurveysTab({ survey }: { survey: string | null }) {
  const [changes, setChanges] = useState(false);
  if (survey === null) {
    return (
      <Card title={words.picker.cardTitle} description={words.picker.cardDescription} className="max-w-3xl">
        <SurveyPicker current={null} />
      </Card>
    );
  }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <p className="min-w-0 text-base font-semibold wrap-anywhere">{survey}</p>
        <Button size="sm" icon={ArrowLeftRight} onClick={() => setChanges(true)}>
          {words.picker.change}
        </Button>
      </div>
      <SurveyEditor key={survey} survey={survey} />
      <Dialog open={changes} onOpenChange={setChanges} title={words.picker.changeTitle} description={words.picker.cardDescription}>
        <SurveyPicker current={survey} onPicked={() => setChanges(false)} />
      </Dialog>
    </>
  );
}
