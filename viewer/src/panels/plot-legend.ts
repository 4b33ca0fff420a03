import type { Store } from "../contracts.ts";
import { findSeries, valueAt } from "../derived/find-series.ts";
import { element } from "./element.ts";
import { formatValue } from "./format-value.ts";
import type { LineLook } from "./plot-groups.ts";
import { type PlotGroup, type PlotLine, wordsOf } from "./plot-table.ts";

/** The table beside the charts: every line's value at the cursor, at A, at B, and B less A. */
type PlotLegend = {
  readonly root: HTMLElement;
  /** Shows other lines. */
  lines(groups: readonly PlotGroup[], lookOf: (line: PlotLine) => LineLook): void;
  /** Shows the values of the present moment. */ values(): void;
};

/** Creates the table. */
export function createPlotLegend(store: Store): PlotLegend {
  const times = element("tr", { className: "plot-times" });
  const body = element("tbody");
  const root = element(
    "table",
    { className: "plot-legend" },
    element(
      "thead",
      {},
      element("tr", {}, ...["Series", "At cursor", "A", "B", "B − A", "Unit"].map(headCell)),
      times,
    ),
    body,
  );
  let rows: { line: PlotLine; cells: HTMLElement[] }[] = [];

  const show = (cells: readonly HTMLElement[], texts: readonly string[]): void => {
    cells.forEach((cell, i) => {
      if (cell.textContent !== texts[i]) cell.textContent = texts[i];
    });
  };
  const timeCells = Array.from({ length: 4 }, () => element("td"));
  times.append(element("td", {}, "time"), ...timeCells, element("td", {}, "s"));

  return {
    root,
    lines(groups, lookOf) {
      rows = groups.flatMap((group) =>
        group.lines.map((line) => ({ line, cells: Array.from({ length: 4 }, () => element("td")) })),
      );
      body.replaceChildren(
        ...rows.map(({ line, cells }) => {
          const { color, dash } = lookOf(line);
          const swatch = element("span", { className: `plot-swatch${dash.length > 0 ? " dashed" : ""}` });
          swatch.style.borderTopColor = color;
          return element(
            "tr",
            {},
            element("th", { scope: "row" }, swatch, line.label),
            ...cells,
            element("td", {}, line.series.unit),
          );
        }),
      );
    },
    values() {
      const { time, cursorA: a, cursorB: b, runs } = store.state;
      const both = (va: number, vb: number): number =>
        a === undefined || b === undefined ? Number.NaN : vb - va;
      root.classList.toggle("with-cursors", a !== undefined || b !== undefined);
      show(
        timeCells,
        [time, a ?? Number.NaN, b ?? Number.NaN, both(a ?? 0, b ?? 0)].map((t) =>
          Number.isNaN(t) ? "–" : t.toFixed(2).replace("-", "−"),
        ),
      );
      for (const { line, cells } of rows) {
        const run = runs[line.run];
        if (run === undefined) continue;
        // A live run grows: its series are other objects by now.
        const series = findSeries(runs, line.run, line.series.name) ?? line.series;
        const at = (t: number | undefined): number =>
          t === undefined ? Number.NaN : valueAt(run, series, t);
        const [va, vb] = [at(a), at(b)];
        const words = wordsOf(series.name);
        const text = (value: number): string => words?.[value] ?? formatValue(value);
        const change = words === undefined ? formatValue(both(va, vb)) : "–";
        show(cells, [text(at(time)), text(va), text(vb), change]);
      }
    },
  };
}

function headCell(text: string): HTMLElement {
  return element("th", { scope: "col" }, text);
}
