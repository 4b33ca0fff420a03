import type { Store } from "../contracts.ts";
import { element } from "./element.ts";

/** A list of all series with a box to tick, by group, behind a button. */
type SeriesChooser = { readonly root: HTMLElement /** Shows what there is now. */; update(): void };

/** Creates the list; what is ticked is `chosenSeries` of the state. */
export function createSeriesChooser(store: Store): SeriesChooser {
  const filter = element("input", {
    type: "search",
    placeholder: "Filter",
    ariaLabel: "Filter the series by name",
  });
  const list = element("div", { className: "series-list" });
  const root = element(
    "details",
    { className: "series-chooser" },
    element("summary", {}, "Series"),
    element("div", { className: "series-popup" }, filter, list),
  );
  let shown = "";

  const toggle = (name: string, on: boolean): void => {
    const others = store.state.chosenSeries.filter((other) => other !== name);
    store.set({ chosenSeries: on ? [...others, name] : others });
  };

  const update = (): void => {
    const all = new Map<string, string>();
    for (const run of store.state.runs)
      for (const series of run.index.series.values()) all.set(series.name, series.group);
    const wanted = filter.value.trim().toLowerCase();
    const names = [...all].filter(([name, group]) => `${group} ${name}`.toLowerCase().includes(wanted));
    const key = JSON.stringify([names, store.state.chosenSeries]);
    if (key === shown) return;
    shown = key;
    const groups = new Map<string, string[]>();
    for (const [name, group] of names) groups.set(group, [...(groups.get(group) ?? []), name]);
    list.replaceChildren(
      ...[...groups].map(([group, members]) =>
        element(
          "fieldset",
          {},
          element("legend", {}, group),
          ...members.map((name) => {
            const box = element("input", {
              type: "checkbox",
              checked: store.state.chosenSeries.includes(name),
            });
            box.addEventListener("change", () => toggle(name, box.checked));
            return element("label", {}, box, name);
          }),
        ),
      ),
    );
    if (names.length === 0)
      list.append(element("p", {}, all.size === 0 ? "No series." : "None of that name."));
  };

  filter.addEventListener("input", update);
  root.addEventListener("toggle", update);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.open) return;
    root.open = false;
    root.querySelector("summary")?.focus();
    event.stopPropagation();
  });
  return { root, update };
}
