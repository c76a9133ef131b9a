import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { RefreshCw } from "lucide-react";
import { expect, it, vi } from "vitest";
import { ApiProblem } from "@/api/problem";
import { Button, ConfirmDialog, Dialog, IconButton, Menu, Popover, Tooltip } from ".";

it("a tooltip keeps its element mounted and lets Escape reach the dialog", async () => {
  const change = vi.fn();
  render(
    <Dialog open onOpenChange={change} title="Details">
      <Tooltip text="More about this"><button type="button">Target</button></Tooltip>
    </Dialog>,
  );
  const target = screen.getByRole("button", { name: "Target" });
  await userEvent.hover(target);
  const bubble = await screen.findByRole("tooltip", {}, { timeout: 10_000 });
  expect(bubble.textContent).toBe("More about this");
  expect(target.getAttribute("aria-describedby")).toBe(bubble.id);
  expect(screen.getByRole("button", { name: "Target" })).toBe(target);
  await userEvent.keyboard("{Escape}");
  expect(change).toHaveBeenCalledWith(false);
});

it("an icon button is named by its label", () => {
  render(<IconButton label="Refresh" icon={RefreshCw} />);
  expect(screen.getByRole("button", { name: "Refresh" })).toBeTruthy();
});

it("a popover stays open when focus is taken without the Tab key", async () => {
  render(
    <>
      <button type="button">Elsewhere</button>
      <Popover trigger={<Button>Filter</Button>} label="Filter rows"><input aria-label="Field" /></Popover>
    </>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Filter" }));
  await new Promise((resolve) => setTimeout(resolve, 250));
  screen.getByText("Elsewhere").focus();
  expect(screen.getByRole("dialog", { name: "Filter rows" })).toBeTruthy();
});

it("a confirmation closes when it is done and stays with the error when it fails", async () => {
  const change = vi.fn();
  const confirm = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new ApiProblem({ status: 409, code: "conflict", title: "Changed meanwhile" })).mockResolvedValueOnce();
  render(<ConfirmDialog open onOpenChange={change} title="Delete?" description="For good." confirmLabel="Delete" onConfirm={confirm} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await screen.findByText("Changed meanwhile");
  expect(change).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(change).toHaveBeenCalledWith(false));
});

it("a menu item that is on or off is a checkbox", async () => {
  const select = vi.fn();
  render(<Menu trigger={<Button>More</Button>} items={[{ label: "Pinned", checked: true, onSelect: select }]} />);
  await userEvent.click(screen.getByRole("button", { name: "More" }));
  await userEvent.click(await screen.findByRole("menuitemcheckbox", { name: "Pinned", checked: true }));
  expect(select).toHaveBeenCalledOnce();
});
