import { type Run, runLetter } from "../contracts.ts";
import { findPair, isPair } from "../derived/find-series.ts";
import { DASHES, PLOT_COLOURS } from "./plot-colours.ts";
import type { PlotGroup, PlotLine } from "./plot-table.ts";
import type { PairLine } from "./xy-chart.ts";

/** How a line is drawn. */
export type LineLook = { readonly color: string; readonly dash: readonly number[] };

/**
 * How the lines of plots are drawn: of one run each series has its colour; of several each run has the colour that it has in
 * the scene, and series that share a plot are dashed.
 *
 * @param style of the page, for the colours of runs
 */
export function lineLooks(
  runs: readonly Run[],
  chosen: readonly string[],
  groups: readonly PlotGroup[],
  dark: boolean,
  style: CSSStyleDeclaration,
): (line: PlotLine) => LineLook {
  const palette = PLOT_COLOURS[dark ? "dark" : "light"];
  const looks = new Map<PlotLine, LineLook>();
  for (const { lines } of groups) {
    const names = [...new Set(lines.map((line) => line.series.name))];
    for (const line of lines) {
      const { name } = line.series;
      const several = runs.length > 1;
      looks.set(line, {
        color: several
          ? runColour(style, line.run)
          : palette[Math.max(0, chosen.indexOf(name)) % palette.length],
        dash: several ? DASHES[names.indexOf(name) % DASHES.length] : [],
      });
    }
  }
  return (line) => looks.get(line) ?? { color: palette[0], dash: [] };
}

function runColour(style: CSSStyleDeclaration, run: number): string {
  return style.getPropertyValue(`--run-${runLetter(run).toLowerCase()}`).trim();
}

/** A plot of one series over another, of every run that has both. */
export type PairGroup = { readonly name: string; readonly lines: readonly PairLine[] };

/** The plots over something else than time, in the order they were chosen in. */
export function groupPairs(
  runs: readonly Run[],
  chosen: readonly string[],
  dark: boolean,
  style: CSSStyleDeclaration,
): PairGroup[] {
  return chosen.filter(isPair).flatMap((name) => {
    const lines = runs.flatMap((_, r) => {
      const pair = findPair(runs, r, name);
      const color = runs.length > 1 ? runColour(style, r) : PLOT_COLOURS[dark ? "dark" : "light"][0];
      return pair === undefined ? [] : [{ pair, color }];
    });
    return lines.length === 0 ? [] : [{ name, lines }];
  });
}
