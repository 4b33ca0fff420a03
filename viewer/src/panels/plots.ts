import "uplot/dist/uPlot.min.css";
import "./plots.css";
import { createChanges } from "../changes.ts";
import type { Panel, Run, Store } from "../contracts.ts";
import { findSeries, labelOf } from "../derived/find-series.ts";
import { fileNameOf, saveFile } from "../export/save-file.ts";
import { extentOf } from "../playback.ts";
import { createTopicLoader } from "../run/topic-loader.ts";
import { isDarkTheme } from "../scene/theme.ts";
import { textScale } from "../text-scale.ts";
import { formatCsv } from "./csv.ts";
import { element, oncePerFrame, watchRuns } from "./element.ts";
import { createLineChart, type LineChart, type LineChartOptions, TIMES_HEIGHT } from "./line-chart.ts";
import { groupPairs, type LineLook, lineLooks } from "./plot-groups.ts";
import { createPlotLegend } from "./plot-legend.ts";
import { limitsOf } from "./plot-limits.ts";
import { alignLines, groupLines, type PlotGroup, type PlotLine, wordsOf } from "./plot-table.ts";
import { createSeriesChooser } from "./series-chooser.ts";
import { createXyChart, type XyChart } from "./xy-chart.ts";

/** Least and most height of a chart. [px] */
const CHART_HEIGHTS = [42, 200] as const;
/** Least and most height of what is plotted over something else. [px] */
const PAIR_SIDES = [150, 460] as const;
/** All of them have at most this share of the panel's width: the others need some, too. */
const PAIR_SHARE = 0.32;
/** What stands left of the charts, the same for all, so that their times lie below one another. [px] */
const AXIS_WIDTHS = { numbers: 58, words: 104 } as const;

/**
 * The plots: one chart per unit of the chosen series, all on the time of the state; beside them what is plotted over
 * something else; a table of values at the cursor, at A and B, and their difference; CSV out.
 */
export function createPlots(host: HTMLElement, store: Store): Panel {
  const chooser = createSeriesChooser(store);
  const legend = createPlotLegend(store);
  const bar = createBar(store, chooser.root, () => span(undefined));
  const charts = element("div", { className: "plots-charts" });
  const pairs = element("div", { className: "plots-pairs" });
  const side = element("div", { className: "plots-side" }, bar, legend.root);
  const root = element("div", { className: "plots" }, charts, pairs, side);
  host.append(root);

  let made: MadeCharts = { lines: [], pairs: [] };
  let all: readonly SharedChart[] = [];
  /** What the charts were made for: another key needs other charts, the same key other data at most. */
  let key = "";
  const changed = createChanges();
  /** A run also changes when a part of its log was read, which is nothing to the charts. */
  const grown = createChanges();
  const indices = () => store.state.runs.map((run) => run.index);
  let scale = textScale();
  let zoom: readonly [number, number] | undefined;

  const wholeSpan = (): readonly [number, number] => {
    const [low, high] = extentOf(store.state.runs);
    return [low, high > low ? high : low + 1];
  };
  const span = (next: readonly [number, number] | undefined): void => {
    zoom = next;
    const [low, high] = zoom ?? wholeSpan();
    for (const chart of all) chart.setSpan(low, high);
  };
  const mark = (): void => {
    const { time, cursorA, cursorB } = store.state;
    for (const chart of all) chart.setMarks({ time, a: cursorA, b: cursorB });
    legend.values();
  };

  const draw = (): void => {
    const { runs, chosenSeries } = store.state;
    const style = getComputedStyle(root);
    if (!changed([chosenSeries, style.color, scale, ...indices()])) return;
    const dark = isDarkTheme(store.state.theme);
    const groups = groupLines(runs, chosenSeries);
    const lookOf = lineLooks(runs, chosenSeries, groups, dark, style);
    const pairGroups = groupPairs(runs, chosenSeries, dark, style);
    const data = groups.map((group) => alignLines(runs, group.lines));
    const labels = groups.map((g) => [g.unit, g.lines.map((l) => [l.label, lookOf(l)])]);
    const pairNames = pairGroups.map((g) => g.name);
    const next = JSON.stringify([runs.length === 0, labels, pairNames, style.color, scale]);
    if (next === key) for (const [i, chart] of made.lines.entries()) chart.setData(data[i]);
    else {
      key = next;
      for (const chart of made.lines) chart.dispose();
      charts.replaceChildren();
      const options = chartOptions(groups, runs, lookOf).map((one, i) => ({
        ...one,
        data: data[i],
        height: heightOf(root.clientHeight / scale, i, groups.length) * scale,
        scale,
        onTime: (time: number) => store.set({ time: clamp(time, wholeSpan()), follow: false }),
        onZoom: span,
      }));
      made = {
        pairs: pairGroups.map(({ name }) => createXyChart(labelOf(name), scale)),
        lines: options.map((one) => createLineChart(charts, one)),
      };
      all = [...made.lines, ...made.pairs];
      pairs.replaceChildren(...made.pairs.map((chart) => chart.root));
      if (all.length === 0) sayEmpty(charts, runs, chooser.root);
      legend.lines(groups, lookOf);
    }
    for (const [i, chart] of made.pairs.entries()) chart.setLines(pairGroups[i].lines);
    fitCharts(root, charts, made, scale);
    chooser.update();
    span(zoom);
    mark();
  };

  const ask = oncePerFrame(draw);
  const size = new ResizeObserver(() => {
    if (scale !== textScale()) {
      scale = textScale();
      ask();
    }
    fitCharts(root, charts, made, scale);
  });
  for (const watched of [charts, root]) size.observe(watched);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", ask);
  const topics = createTopicLoader(store);
  const stops = [
    topics.dispose,
    watchRuns(store, () => {
      if (grown(indices())) ask();
    }),
    store.subscribe(["chosenSeries", "theme"], ask),
    store.subscribe(["time", "cursorA", "cursorB"], mark),
  ];
  draw();
  return {
    dispose() {
      for (const stop of stops) stop();
      dark.removeEventListener("change", ask);
      ask.cancel();
      size.disconnect();
      for (const chart of made.lines) chart.dispose();
      root.remove();
    },
  };
}

type SharedChart = Pick<LineChart, "setMarks" | "setSpan">;
type MadeCharts = { readonly lines: readonly LineChart[]; readonly pairs: readonly XyChart[] };

/** Says why nothing is plotted; of another program's log nobody plots anything before its topics were looked at. */
function sayEmpty(host: HTMLElement, runs: readonly Run[], chooser: HTMLDetailsElement): void {
  const text = runs.length === 0 ? "Nothing is loaded." : "Choose series to plot.";
  host.append(element("p", { className: "plots-empty" }, text));
  if (runs.some((run) => run.index.span !== undefined)) chooser.open = true;
}

/** Gives every chart its part of the panel. */
function fitCharts(root: HTMLElement, charts: HTMLElement, made: MadeCharts, scale: number): void {
  const count = made.lines.length;
  for (const [i, chart] of made.lines.entries())
    chart.setSize(charts.clientWidth, heightOf(root.clientHeight / scale, i, count) * scale);
  const [least, most] = PAIR_SIDES.map((size) => size * scale);
  const height = Math.floor(clamp(root.clientHeight - 4, [least, most]));
  const share = Math.max(least, (PAIR_SHARE * root.clientWidth) / made.pairs.length);
  for (const chart of made.pairs) chart.setSize(Math.floor(Math.min(1.25 * height, share)), height);
}

/** Height of one of several charts: they share what is there, as long as each can be read. [px of a usual screen] */
function heightOf(room: number, i: number, count: number): number {
  const share = Math.floor((room - TIMES_HEIGHT) / Math.max(1, count));
  return clamp(share, CHART_HEIGHTS) + (i === count - 1 ? TIMES_HEIGHT : 0);
}

/** The buttons beside the charts, and the list of what may be plotted. */
function createBar(store: Store, chooser: HTMLElement, showAll: () => void): HTMLElement {
  const button = (label: string, title: string, act: () => void): HTMLButtonElement => {
    const made = element("button", { type: "button", title }, label);
    made.addEventListener("click", act);
    return made;
  };
  return element(
    "div",
    { className: "plots-bar" },
    chooser,
    button("Set A", "Put cursor A at the current time", () => store.set({ cursorA: store.state.time })),
    button("Set B", "Put cursor B at the current time", () => store.set({ cursorB: store.state.time })),
    button("Clear A B", "Take both cursors away", () =>
      store.set({ cursorA: undefined, cursorB: undefined }),
    ),
    button("All", "Show the whole time span", showAll),
    button("CSV", "Save the chosen series of the first run as a file", () => {
      const { runs, chosenSeries } = store.state;
      if (runs.length === 0) return;
      const columns = chosenSeries.flatMap((name) => findSeries(runs, 0, name) ?? []);
      saveFile(fileNameOf(runs[0].index.name, ".csv"), formatCsv(runs[0], columns), "text/csv");
    }),
  );
}

/** Unit, lines, words and limits of each chart. */
function chartOptions(
  groups: readonly PlotGroup[],
  runs: readonly Run[],
  lookOf: (line: PlotLine) => LineLook,
): Pick<LineChartOptions, "unit" | "lines" | "limits" | "words" | "axisWidth" | "showsTimes">[] {
  const words = groups.map(({ lines }) => (lines.length === 1 ? wordsOf(lines[0].series.name) : undefined));
  const axisWidth = AXIS_WIDTHS[words.some((list) => list !== undefined) ? "words" : "numbers"];
  return groups.map(({ unit, lines }, i) => {
    const limits = lines.flatMap((line) => limitsOf(line.series, runs[line.run].index));
    return {
      unit: unit === "" ? lines[0].series.group : unit,
      lines: lines.map((line) => ({ label: line.label, ...lookOf(line) })),
      limits: [...new Map(limits.map((limit) => [limit.value, limit])).values()],
      words: words[i],
      axisWidth,
      showsTimes: i === groups.length - 1,
    };
  });
}

function clamp(value: number, [low, high]: readonly number[]): number {
  return Math.min(high, Math.max(low, value));
}
