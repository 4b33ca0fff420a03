import type { ForeignTopic, Store } from "../contracts.ts";
import { labelOf } from "../derived/find-series.ts";
import { textScale } from "../text-scale.ts";
import { createDerivedField } from "./derived-field.ts";
import { element } from "./element.ts";

/** A list of all series with a box to tick, by group, behind a button. */
type SeriesChooser = { readonly root: HTMLDetailsElement /** Shows what there is now. */; update(): void };

/** Series of one group, shown together. */
type Group = { readonly name: string; readonly members: string[]; readonly topic?: ForeignTopic };

/** Creates the list; what is ticked is `chosenSeries` of the state. */
export function createSeriesChooser(store: Store): SeriesChooser {
  const filter = element("input", {
    type: "search",
    placeholder: "Filter",
    ariaLabel: "Filter the series by name",
  });
  const list = element("div", { className: "series-list" });
  const derived = createDerivedField(store);
  // In the top layer: the plots are often lower than the list is long.
  const popup = element("div", { className: "series-popup", popover: "manual" }, filter, derived.root, list);
  const root = element("details", { className: "series-chooser" }, element("summary", {}, "Series"), popup);
  let shown = "";
  /** Topics that were unfolded: the list is made anew when their series have come. */
  const unfolded = new Set<string>();

  const toggle = (name: string, on: boolean): void => {
    const others = store.state.chosenSeries.filter((other) => other !== name);
    store.set({ chosenSeries: on ? [...others, name] : others });
  };

  const box = (name: string): HTMLElement => {
    const input = element("input", { type: "checkbox", checked: store.state.chosenSeries.includes(name) });
    input.addEventListener("change", () => toggle(name, input.checked));
    return element("label", {}, input, labelOf(name));
  };

  const fold = ({ name, members, topic }: Group): HTMLElement => {
    if (topic === undefined) return element("fieldset", {}, element("legend", {}, name), ...members.map(box));
    const about = [topic.schema, topic.encoding].filter((word) => word !== "").join(", ");
    const made = element(
      "details",
      { className: "series-topic", open: unfolded.has(name) },
      element("summary", { title: about }, name),
      ...members.map(box),
    );
    const note = topic.problem ?? { unread: "", reading: "is being read …", read: "" }[topic.state];
    if (note !== "") made.append(element("p", { className: "series-note" }, note));
    else if (topic.state === "read" && members.length === 0)
      made.append(element("p", { className: "series-note" }, "holds no numbers"));
    made.addEventListener("toggle", () => {
      if (!made.open) return void unfolded.delete(name);
      unfolded.add(name);
      for (const run of store.state.runs) run.loadTopic?.(name);
    });
    return made;
  };

  const update = (): void => {
    const groups = groupsOf(store);
    const wanted = filter.value.trim().toLowerCase();
    const fits = (group: string, name: string): boolean =>
      `${group} ${labelOf(name)}`.toLowerCase().includes(wanted);
    const found = groups
      .map((group) => ({ ...group, members: group.members.filter((name) => fits(group.name, name)) }))
      .filter(
        ({ name, members, topic }) => members.length > 0 || (topic !== undefined && fits(name, topic.schema)),
      );
    const key = JSON.stringify([found, store.state.chosenSeries]);
    if (key === shown) return;
    shown = key;
    list.replaceChildren(...found.map(fold));
    if (found.length === 0)
      list.append(element("p", {}, groups.length === 0 ? "No series." : "None of that name."));
  };

  filter.addEventListener("input", update);
  root.addEventListener("toggle", () => {
    popup.togglePopover(root.open);
    const { right, top } = root.getBoundingClientRect();
    popup.style.right = `${Math.max(8, Math.min(window.innerWidth - right, window.innerWidth / 3))}px`;
    const bottom = Math.max(8, Math.min(window.innerHeight - top + 6, window.innerHeight / 2));
    popup.style.bottom = `${bottom}px`;
    popup.style.maxHeight = `${Math.min(640 * textScale(), window.innerHeight - bottom - 8)}px`;
    update();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!root.contains(event.target as Node)) root.open = false;
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.open) return;
    root.open = false;
    root.querySelector("summary")?.focus();
    event.stopPropagation();
  });
  return { root, update };
}

/** All there is to choose: what was computed, the series of the runs, and the topics of other programs. */
function groupsOf({ state: { runs, chosenSeries } }: Store): Group[] {
  const groups = new Map<string, Group>();
  const put = (group: string, name: string, topic?: ForeignTopic): void => {
    const made = groups.get(group) ?? { name: group, members: [], topic };
    if (!made.members.includes(name)) made.members.push(name);
    groups.set(group, made);
  };
  for (const name of chosenSeries) if (name.startsWith("=")) put("computed", name);
  const topics = new Map(runs.flatMap(({ index }) => index.topics ?? []).map((topic) => [topic.name, topic]));
  for (const { index } of runs)
    for (const series of index.series.values()) put(series.group, series.name, topics.get(series.group));
  for (const topic of topics.values())
    if (!groups.has(topic.name)) groups.set(topic.name, { name: topic.name, members: [], topic });
  return [...groups.values()];
}
