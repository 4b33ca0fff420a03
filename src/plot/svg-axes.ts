import { px, svgText } from "./svg-text.ts";

/** The rectangle of a plot in its picture. [px] */
export type PlotBox = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

/** A place on an axis [px], and what is written there. */
export type AxisMark = { readonly at: number; readonly text: string };

/** The axes of a plot: a rule across for every mark of y, a tick for every mark of x, and what x is. */
export function drawAxes(
  { left, right, top, bottom }: PlotBox,
  xMarks: readonly AxisMark[],
  yMarks: readonly AxisMark[],
  xLabel: string,
): string[] {
  const small = { size: 11.5, muted: true } as const;
  return [
    ...yMarks.flatMap(({ at, text }) => [
      `<path class="rule" d="M${px(left)} ${px(at)}H${px(right)}"/>`,
      svgText(left - 8, at + 4, text, { ...small, anchor: "end" }),
    ]),
    ...xMarks.flatMap(({ at, text }) => [
      `<path class="axis" d="M${px(at)} ${px(bottom)}v5"/>`,
      svgText(at, bottom + 19, text, { ...small, anchor: "middle" }),
    ]),
    `<path class="axis" fill="none" d="M${px(left)} ${px(top)}V${px(bottom)}H${px(right)}"/>`,
    svgText((left + right) / 2, bottom + 40, xLabel, { size: 12, muted: true, anchor: "middle" }),
  ];
}

/**
 * Heights moved apart to be at least `gap` from each other, as little as that takes, in their order and between
 * `top` and `bottom` where they fit: a least-squares fit, by pooling neighbours that are too near.
 *
 * @returns the heights in the order that they were given in
 */
export function spreadOut(
  heights: readonly number[],
  gap: number,
  [top, bottom]: readonly [number, number],
): number[] {
  const order = heights.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y || a.i - b.i);
  // Above an even ladder of gaps heights may only rise.
  const pools: { sum: number; count: number }[] = [];
  for (const [rung, { y }] of order.entries()) {
    let pool = { sum: y - rung * gap, count: 1 };
    for (
      let last = pools.at(-1);
      last && last.sum / last.count > pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
      pools.pop();
    }
    pools.push(pool);
  }
  const lowest = Math.max(top, bottom - gap * (order.length - 1));
  const placed = [...heights];
  let rung = 0;
  for (const { sum, count } of pools) {
    const base = Math.min(lowest, Math.max(top, sum / count));
    for (let k = 0; k < count; k++, rung++) placed[order[rung].i] = base + rung * gap;
  }
  return placed;
}
