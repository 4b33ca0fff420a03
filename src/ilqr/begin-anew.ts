import { changeSmoothly, type Ocp, rollout, totalCost, type Vec } from "../ocp/index.ts";
import type { AlIlqrOptions } from "./al-options.ts";
import type { Augmented } from "./augmented-ocp.ts";
import type { Feasibility } from "./feasibility.ts";
import { leaveSaddle, type SaddleWay } from "./leave-saddle.ts";
import { type PenaltySizes, penaltySizes, priceOfMeeting } from "./penalty-sizes.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/** What a solve keeps for where rows stay violated at the largest penalty. */
export type Beginnings = {
  /** (N, nu) controls at the beginning. */
  readonly U0: Vec;
  /** It began anew from beside where it had ended. */
  beside: boolean;
  /** How often it began anew from controls changed smoothly. */
  attempts: number;
  /** The end that came nearest to feasible. */
  best: { readonly missed: number; readonly U: Vec; readonly lambda: Vec } | undefined;
};

/** Beginnings of a solve from the controls of its workspace. */
export function startBeginnings({ current }: IlqrWorkspace): Beginnings {
  return { U0: current.U.slice(), beside: false, attempts: 0, best: undefined };
}

/** Penalty with which controls begin that were changed: a smaller one would let them fall back to where nothing leads. */
const HELD = 10;
/** A constraint that was so many times larger at the guess than it is now had exploded there. */
const EXPLODED = 1e3;

/** The sizes and the penalty, in their units, of a new beginning. */
type Beginning = { readonly sizes: PenaltySizes; readonly rho: number };

/**
 * Begins anew where rows stay violated at the largest penalty: once from where it ended or beside it, then, as often as `restarts` says, from
 * where it began, changed as {@link changeSmoothly} does.
 *
 * @param w at the end; then at the new beginning, with multipliers of zero in `a`
 * @returns undefined where there is no other way, or no time
 */
export function beginAnew(
  ocp: Ocp,
  a: Augmented,
  w: IlqrWorkspace,
  x0: Vec,
  sizes: PenaltySizes,
  { shrunk, missed }: Feasibility,
  o: AlIlqrOptions,
  late: () => boolean,
  b: Beginnings,
): Beginning | undefined {
  if (!(missed >= (b.best?.missed ?? Infinity)))
    b.best = { missed, U: w.current.U.slice(), lambda: a.lambda.slice() };
  if (!b.beside) {
    b.beside = true;
    const found = beginBeside(ocp, a, w, x0, sizes, shrunk > EXPLODED, o, late);
    if (found !== undefined) return found;
  }
  while (b.attempts < o.restarts && !late()) {
    const { largest: size, curvature } = w.units;
    b.attempts++;
    if (!changeSmoothly(ocp, x0, b.U0, w.current.U, { size, curvature }, b.attempts, w.next)) continue;
    [w.current, w.next] = [w.next, w.current];
    a.lambda.fill(0);
    const from = penaltySizes(ocp, a, w, x0);
    return priced(ocp, a, w, from, Math.min(HELD, o.rhoMax), Math.min(HELD, o.rhoMax));
  }
  return undefined;
}

/** Makes the end that came nearest to feasible the iterate again, where it is nearer than `missed`. @returns whether it did */
export function takeBest(
  ocp: Ocp,
  a: Augmented,
  w: IlqrWorkspace,
  x0: Vec,
  missed: number,
  { best }: Beginnings,
): boolean {
  if (best === undefined || missed <= best.missed) return false;
  w.current.U.set(best.U);
  a.lambda.set(best.lambda);
  return rollout(ocp, x0, w.current);
}

/**
 * Once more from where it ended if the rows' sizes at the guess, which had exploded, asked for next to nothing; or
 * from beside it, as where nothing lessens the violation to first order, right before a disc or at the centre of a circle.
 */
function beginBeside(
  ocp: Ocp,
  a: Augmented,
  w: IlqrWorkspace,
  x0: Vec,
  sizes: PenaltySizes,
  exploded: boolean,
  o: AlIlqrOptions,
  late: () => boolean,
): Beginning | undefined {
  const rho = exploded ? o.rhoInitial : leaveSoftly(a, w, sizes, o, late);
  if (rho === undefined) return undefined;
  a.lambda.fill(0);
  return priced(ocp, a, w, exploded ? penaltySizes(ocp, a, w, x0) : sizes, rho, o.rhoInitial);
}

/** A beginning with the price of meeting the rows for the size of the cost, where that is more; its penalty stays the same, but no less than `least`. */
function priced(
  ocp: Ocp,
  a: Augmented,
  w: IlqrWorkspace,
  sizes: PenaltySizes,
  rho: number,
  least: number,
): Beginning {
  const price = priceOfMeeting(ocp, a, w, sizes.c);
  if (!(price > sizes.cost && price < Number.POSITIVE_INFINITY)) return { sizes, rho };
  return { sizes: { ...sizes, cost: price }, rho: Math.max(least, (rho * sizes.cost) / price) };
}

/**
 * Leaves a saddle with the least penalty that makes it one, where steps that bend down are not yet those that keep all other rows as they are.
 *
 * @returns that penalty; undefined where there is none
 */
function leaveSoftly(
  a: Augmented,
  w: IlqrWorkspace,
  sizes: PenaltySizes,
  o: AlIlqrOptions,
  late: () => boolean,
): number | undefined {
  a.lambda.fill(0);
  for (let rho = o.rhoInitial; rho <= o.rhoMax && !late(); rho *= o.rhoFactor) {
    weigh(a, sizes, rho);
    if (leaveAugmented(a, w, late) === "left") return rho;
  }
  return undefined;
}

/** Sets the penalties, rho in natural units of cost and constraints. */
export function weigh({ rho }: Augmented, { cost, c }: PenaltySizes, natural: number): void {
  for (let i = 0; i < rho.length; i++) rho[i] = (natural * cost) / c[i] ** 2;
}

/** Leaves a saddle of the augmented cost, whose curvature has that of the rows. */
export function leaveAugmented(a: Augmented, w: IlqrWorkspace, late: () => boolean): SaddleWay {
  const { full } = a;
  a.full = true;
  const way = leaveSaddle(a.ocp, w, totalCost(a.ocp, w.current), late);
  a.full = full;
  return way;
}
