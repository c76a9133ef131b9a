import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { Button, Checkbox, Field, Input, MultiSelect, SearchInput, Segmented } from ".";

it("a busy button keeps its focus and does nothing", async () => {
  const press = vi.fn();
  render(<Button busy onClick={press}>Save</Button>);
  const button = screen.getByRole("button", { name: "Save" });
  await userEvent.click(button);
  expect(press).not.toHaveBeenCalled();
  expect(button.hasAttribute("disabled")).toBe(false);
  expect(button.getAttribute("aria-busy")).toBe("true");
});

it("a field ties its control to label, hint and error", () => {
  render(<Field label="Name" hint="Shown to colleagues" error="Needed">{(control) => <Input {...control} />}</Field>);
  const input = screen.getByRole("textbox", { name: "Name" });
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent);
  expect(described).toEqual(["Needed", "Shown to colleagues"]);
  expect(input.getAttribute("aria-invalid")).toBe("true");
});

it("a checkbox that is partly on says so", () => {
  render(<Checkbox label="All" checked="indeterminate" onChecked={vi.fn()} />);
  expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "All" }).indeterminate).toBe(true);
});

it("a segmented control is a group of radio buttons", async () => {
  const choose = vi.fn();
  render(<Segmented label="Range" options={[{ value: "a", label: "A" }, { value: "b", label: "B" }]} value="a" onValue={choose} />);
  await userEvent.click(screen.getByRole("radio", { name: "B" }));
  expect(choose).toHaveBeenCalledExactlyOnceWith("b");
});

it("a search tells what was typed once, after a pause, and follows a value from outside", async () => {
  const told = vi.fn();
  const view = render(<SearchInput label="Search" value="" onValue={told} debounceMs={60} />);
  const box = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search" });
  // At once: on a slow machine keys of their own would lie further apart than the pause.
  for (const typed of ["a", "ab", "abc"]) fireEvent.change(box, { target: { value: typed } });
  expect(told).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(told).toHaveBeenLastCalledWith("abc"), 10_000);
  expect(told).toHaveBeenCalledOnce();
  view.rerender(<SearchInput label="Search" value="abc" onValue={told} debounceMs={60} />);
  expect(box.value).toBe("abc");
  view.rerender(<SearchInput label="Search" value="" onValue={told} debounceMs={60} />);
  expect(box.value).toBe("");
});

it("a multiple choice keeps the options' order and counts", async () => {
  const told = vi.fn();
  function Sample() {
    const [value, setValue] = useState<("a" | "b")[]>(["b"]);
    return (
      <MultiSelect
        label="Risk"
        options={[{ value: "a", label: "A" }, { value: "b", label: "B" }]}
        value={value}
        onValue={(next) => {
          setValue(next);
          told(next);
        }}
      />
    );
  }
  render(<Sample />);
  await userEvent.click(screen.getByRole("button", { name: "Risk: 1 selected" }));
  await userEvent.click(screen.getByRole("checkbox", { name: "A" }));
  expect(told).toHaveBeenLastCalledWith(["a", "b"]);
  expect(screen.getByRole("dialog", { name: "Risk" })).toBeTruthy();
});
