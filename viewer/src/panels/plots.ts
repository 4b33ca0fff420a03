import { fileNameOf, saveFile } from "../export/save-file.ts";
import "uplot/dist/uPlot.min.css";
import "./plots.css";
import type { Panel, Run, Store } from "../contracts.ts";
import { textScale } from "../text-scale.ts";
import { formatCsv } from "./csv.ts";
import { element, oncePerFrame, watchRuns } from "./element.ts";
import { createLineChart, type LineChart, type LineChartOptions, TIMES_HEIGHT } from "./line-chart.ts";
import { createPlotLegend } from "./plot-legend.ts";
import { limitsOf } from "./plot-limits.ts";
import { alignLines, groupLines, type PlotGroup, wordsOf } from "./plot-table.ts";
import { createSeriesChooser } from "./series-chooser.ts";

/** Okabe and Ito's colours, those that can be told from white and from black. Source: jfly.uni-koeln.de/color. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;
/** Least and most height of a chart. [px] */
const CHART_HEIGHTS = [42, 200] as const;
/** What stands left of the charts, the same for all, so that their times lie below one another. [px] */
const AXIS_WIDTHS = { numbers: 58, words: 104 } as const;

/**
 * The plots: one chart per unit of the chosen series, all on the time of the state; a table of values at the
 * cursor, at A and B, and their difference; CSV out.
 */
export function createPlots(host: HTMLElement, store: Store): Panel {
  const chooser = createSeriesChooser(store);
  const legend = createPlotLegend(store);
  const bar = createBar(store, chooser.root, () => span(undefined));
  const charts = element("div", { className: "plots-charts" });
  const root = element(
    "div",
    { className: "plots" },
    charts,
    element("div", { className: "plots-side" }, bar, legend.root),
  );
  host.append(root);

  let groups: PlotGroup[] = [];
  let made: LineChart[] = [];
  /** What the charts were made for: another key needs other charts, the same key other data at most. */
  let key = "";
  /** What the charts show: a run also changes when a part of its log was read, which is nothing to them. */
  let shown: readonly unknown[] = [];
  let scale = textScale();
  let zoom: readonly [number, number] | undefined;

  const colorOf = (name: string): string =>
    COLORS[Math.max(0, store.state.chosenSeries.indexOf(name)) % COLORS.length];
  const wholeSpan = (): [number, number] => {
    let [low, high] = [0, 0];
    for (const { index } of store.state.runs) high = Math.max(high, index.times.at(-1) ?? 0);
    if (high <= low) high = low + 1;
    return [low, high];
  };
  const span = (next: readonly [number, number] | undefined): void => {
    zoom = next;
    const [low, high] = zoom ?? wholeSpan();
    for (const chart of made) chart.setSpan(low, high);
  };
  const mark = (): void => {
    const { time, cursorA, cursorB } = store.state;
    for (const chart of made) chart.setMarks({ time, a: cursorA, b: cursorB });
    legend.values();
  };

  /** The charts share the height that is there, as long as each can be read. */
  const heightOf = (i: number, count: number): number => {
    const share = Math.floor((root.clientHeight / scale - TIMES_HEIGHT) / Math.max(1, count));
    return Math.floor(scale * (clamp(share, CHART_HEIGHTS) + (i === count - 1 ? TIMES_HEIGHT : 0)));
  };

  const draw = (): void => {
    const { runs, chosenSeries } = store.state;
    const style = getComputedStyle(root).color;
    const current = [chosenSeries, style, scale, ...runs.map((run) => run.index)];
    if (current.length === shown.length && current.every((value, i) => value === shown[i])) return;
    shown = current;
    groups = groupLines(runs, chosenSeries);
    const next = JSON.stringify([groups.map((g) => [g.unit, g.lines.map((l) => l.label)]), style, scale]);
    const data = groups.map((group) => alignLines(runs, group.lines));
    if (next === key) {
      for (const [i, chart] of made.entries()) chart.setData(data[i]);
    } else {
      key = next;
      for (const chart of made) chart.dispose();
      charts.replaceChildren();
      const words = groups.map(({ lines }) =>
        lines.length === 1 ? wordsOf(lines[0].series.name) : undefined,
      );
      const axisWidth = AXIS_WIDTHS[words.some((list) => list !== undefined) ? "words" : "numbers"];
      made = groups.map((group, i) =>
        createLineChart(charts, {
          ...looksOf(group, runs, colorOf),
          words: words[i],
          axisWidth,
          data: data[i],
          height: heightOf(i, groups.length),
          scale,
          showsTimes: i === groups.length - 1,
          onTime: (time) => store.set({ time: clamp(time, wholeSpan()), follow: false }),
          onZoom: span,
        }),
      );
      const empty = runs.length === 0 ? "Nothing is loaded." : "Choose series to plot.";
      if (groups.length === 0) charts.append(element("p", { className: "plots-empty" }, empty));
      legend.lines(groups, colorOf);
    }
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
    for (const [i, chart] of made.entries()) chart.setSize(charts.clientWidth, heightOf(i, made.length));
  });
  size.observe(charts);
  size.observe(root);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", ask);
  const stops = [
    watchRuns(store, ask),
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
      for (const chart of made) chart.dispose();
      root.remove();
    },
  };
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
      const index = store.state.runs[0]?.index;
      if (index !== undefined)
        saveFile(fileNameOf(index.name, ".csv"), formatCsv(index, store.state.chosenSeries), "text/csv");
    }),
  );
}

/** Unit, lines and limits of a chart. */
function looksOf(
  { unit, lines }: PlotGroup,
  runs: readonly Run[],
  colorOf: (name: string) => string,
): Pick<LineChartOptions, "unit" | "lines" | "limits"> {
  const limits = lines.flatMap((line) => limitsOf(line.series, runs[line.run].index));
  return {
    unit: unit === "" ? lines[0].series.group : unit,
    lines: lines.map(({ label, series, run }) => ({ label, color: colorOf(series.name), dashed: run > 0 })),
    limits: [...new Map(limits.map((limit) => [limit.value, limit])).values()],
  };
}

function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}
