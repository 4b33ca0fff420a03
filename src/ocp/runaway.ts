import type { Vec } from "./ocp.ts";

/** Growth of a control in so many steps in a row, each by more than a tenth, that says that there is no end to it. */
const STEPS = 6;
const LEAST = 1.1;
const FAR = 1e4;

/** How long, and from what size on, each control has been growing. */
export type Runaway = { readonly size: Vec; readonly from: Vec; readonly steps: Vec };

/** Growth of nothing yet, of `nu` controls. */
export function startRunaway(nu: number): Runaway {
  return { size: new Float64Array(nu), from: new Float64Array(nu), steps: new Float64Array(nu) };
}

/** Notes the controls U (N, nu) of an iterate. */
export function noteSizes({ size, from, steps }: Runaway, U: Vec): void {
  const nu = size.length;
  for (let j = 0; j < nu; j++) {
    let now = 0;
    for (let i = j; i < U.length; i += nu) now = Math.max(now, Math.abs(U[i]));
    if (!(size[j] > 0 && now > LEAST * size[j])) steps[j] = -1;
    // A first step leaps from whatever the guess was to what the problem asks for.
    if (++steps[j] <= 1) from[j] = now;
    size[j] = now;
  }
}

/** Whether a control has been growing for so long that it may have no end. */
export function isGrowing({ steps }: Runaway): boolean {
  return steps.some((n) => n >= STEPS);
}

/**
 * Whether a control has grown ten thousandfold in the steps that led here, the last among them: a gradient that is small
 * there is small because there is no minimum nearer than infinity, as of `-atan(u)`.
 */
export function hasRunAway({ size, from, steps }: Runaway): boolean {
  return steps.some((n, j) => n >= STEPS && size[j] > FAR * from[j]);
}
