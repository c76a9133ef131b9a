import { Card, QueryView } from "@/components";
import type { CampaignName } from "@/pages/counts/campaignAddress";
import { CampaignTable } from "@/pages/counts/CampaignTable";
import { RowsSkeleton } from "@/pages/counts/RowsSkeleton";
import { useNewestCampaigns } from "@/pages/overview/queries";
import { overview } from "@/strings/overview";

const text = overview.campaigns;

/** What several sessions have in common, the latest. */
export function CampaignsCard({ addressOf }: { addressOf: (name: CampaignName) => string }) {
  const query = useNewestCampaigns();
  return (
    <Card flush title={text.title} description={text.description}>
      <QueryView query={query} skeleton={<RowsSkeleton rows={5} />}>
        {(page) => <CampaignTable campaigns={page.campaigns} addressOf={addressOf} empty={text.empty} />}
      </QueryView>
    </Card>
  );
}
