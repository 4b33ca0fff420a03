import { FEATURE_MAP_KINDS, type FeatureMapKind, isFitted, storageBound } from "../../cam/index.ts";
import { drawMeasured, type MeasuredSeries, type Shade } from "../../plot/index.ts";
import type { CapacityResult } from "./capacity-text.ts";
import { relativeVariance } from "./map-variances.ts";

const CURVE_POINTS = 80;

/** SVG files by name, of the parts that were measured: `maps`, `storage`, `qr`. */
export function drawCapacityFigures(result: CapacityResult): Record<string, string> {
  const { maps, storage, qr } = result;
  return {
    ...(maps === undefined ? {} : { maps: mapsFigure(result, maps) }),
    ...(storage === undefined ? {} : { storage: storageFigure(result, storage) }),
    ...(qr === undefined ? {} : { qr: qrFigure(result, qr) }),
  };
}

function mapsFigure({ dim, draws, seed }: CapacityResult, rows: NonNullable<CapacityResult["maps"]>): string {
  const [from, to] = [0.03, 16];
  const sums = Array.from({ length: CURVE_POINTS + 1 }, (_, i) => from * (to / from) ** (i / CURVE_POINTS));
  return drawMeasured(
    "Variance of the feature maps: closed forms and Monte Carlo",
    `n = ${dim}, ${thousands(draws)} independent projections a point, seed ${seed}; bars: one standard error`,
    [
      {
        title: "variance over squared kernel, times the number of features",
        xLabel: "|q + k|\u00b2",
        x: { range: [from, to], ticks: [0.03, 0.1, 0.3, 1, 3, 10], log: true },
        y: {
          range: [5e-4, 1e5],
          ticks: [1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4, 1e5],
          log: true,
          format: (value) => (value >= 1e3 ? `${value / 1e3}k` : String(value)),
        },
        series: FEATURE_MAP_KINDS.map((map, i) => ({
          name: map.toUpperCase(),
          shade: i as Shade,
          ...fittedLook(map),
          curve: sums.map((s) => [s, relativeVariance(map, dim, s)] as const),
          points: rows
            .filter((row) => row.map === map && row.measured !== undefined)
            .map((row) => [row.squared_sum, row.measured!, row.error!] as const),
        })),
      },
    ],
  );
}

function storageFigure(
  { dim, draws, seed }: CapacityResult,
  { margins, retrieval }: NonNullable<CapacityResult["storage"]>,
): string {
  const whole = 1 - Math.exp(-2);
  const most = 2 ** dim;
  const counts = powersOfTwo(most);
  const bounds = new Map<string, { x: number; name: string; shade: Shade }>();
  for (const { bound } of margins)
    bounds.set(bound.toFixed(3), { x: bound, name: `bound ${bound.toFixed(1)}`, shade: 4 });
  const left: MeasuredSeries[] = margins.flatMap(({ distance, errors, worst, drawn }, i) => {
    const name = `d = ${distance}, h = ${errors}`;
    return [
      {
        name: `${name}: any set`,
        shade: i as Shade,
        dashed: i === 2, // it runs along the first one
        curve: worst.map((margin, m) => [m + 1, margin] as const),
      },
      {
        name: `${name}: a drawn set`,
        shade: i as Shade,
        // Beside each other where several sets have as many patterns.
        points: drawn.map(
          ({ patterns, measured, error }) => [patterns * 1.07 ** (i - 1), measured, error] as const,
        ),
      },
    ];
  });
  const { distance, errors, rows, memories } = retrieval;
  const groups = [...new Set(rows.map((row) => row.features))];
  const right: MeasuredSeries[] = groups.map((features, i) => {
    const own = rows.filter((row) => row.features === features);
    return {
      name: features === undefined ? "exact energy" : `${features} features`,
      shade: (i % 5) as Shade,
      curve: own.map((row) => [row.patterns, row.rate] as const),
      points: own.map((row) => [row.patterns, row.rate, row.error] as const),
    };
  });
  const bound = storageBound(dim, distance / dim, errors / dim);
  return drawMeasured(
    "Storage: the sign of a bit flip's energy change, and what the dynamics make of it",
    `n = ${dim}, FAVOR++; d: bits between patterns, h: wrong bits; ${thousands(draws)} projections a point, ` +
      `${memories} memories a rate, seed ${seed}; bars: one standard error`,
    [
      {
        title: "least energy change of a flip, signed, over exp(\u03c3'\u03be)",
        xLabel: "stored patterns M",
        x: { range: [0.9, most], ticks: counts, log: true },
        y: {
          range: [-0.5, 1.5],
          ticks: [-0.5, 0, 0.5, whole, 1.5],
          format: (value) => (value === whole ? "1 - e\u207b\u00b2" : String(value)),
        },
        series: left,
        marks: [...bounds.values()],
      },
      {
        title: `states with ${errors} wrong bit${errors === 1 ? "" : "s"} that are mended (d = ${distance})`,
        xLabel: "stored patterns M",
        x: { range: [0.9, 20], ticks: powersOfTwo(16), log: true },
        y: { range: [0, 1.02], ticks: [0, 0.25, 0.5, 0.75, 1], format: (value) => `${100 * value}%` },
        series: right,
        marks: bound >= 1 ? [{ x: bound, name: `bound ${bound.toFixed(1)}`, shade: 4 }] : [],
      },
    ],
  );
}

function qrFigure({ seed }: CapacityResult, { dim, draws, rows }: NonNullable<CapacityResult["qr"]>): string {
  const largest = Math.max(0.02, ...rows.map((row) => Math.abs(row.bias) + row.error));
  const step = largest > 0.2 ? 0.1 : 0.05;
  const top = Math.ceil(largest / step);
  const ticks = Array.from({ length: 2 * top + 1 }, (_, i) => (i - top) * step);
  return drawMeasured(
    "Bias of orthogonal projections whose signs are not corrected",
    `n = ${dim}, one block of ${dim} projections, q = k along (1, .., 1), ${thousands(draws)} blocks, seed ${seed}; bars: one standard error`,
    [false, true].map((corrected) => ({
      title: corrected ? "columns of Q times sign(diag R)" : "Q as Householder QR gives it",
      xLabel: "|q + k|\u00b2",
      x: { range: [0, 2.1] as const, ticks: [0, 0.5, 1, 1.5, 2] },
      y: {
        range: [-top * step, top * step] as const,
        ticks,
        format: (value: number) => `${value > 0 ? "+" : ""}${Math.round(100 * value)}%`,
      },
      series: FEATURE_MAP_KINDS.map((map, i) => {
        const own = rows.filter((row) => row.map === map && row.corrected === corrected);
        return {
          name: map.toUpperCase(),
          shade: i as Shade,
          ...fittedLook(map),
          curve: [[0, 0] as const, ...own.map((row) => [row.squared_sum, row.bias] as const)],
          points: own.map((row) => [row.squared_sum, row.bias, row.error] as const),
        };
      }),
    })),
  );
}

/** Curves of the fitted maps run along those of the plain ones, or nearly so. */
function fittedLook(map: FeatureMapKind): { readonly dashed: boolean; readonly hollow: boolean } {
  return { dashed: isFitted(map), hollow: isFitted(map) };
}

function powersOfTwo(most: number): number[] {
  const values: number[] = [];
  for (let value = 1; value <= most; value *= 2) values.push(value);
  return values;
}

function thousands(value: number): string {
  return String(value).replace(/(\d)(?=(\d{3})+$)/g, "$1,");
}
