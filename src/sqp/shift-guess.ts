import { blocks, type Ocp, type Vec } from "../ocp/index.ts";
import type { SqpGuess } from "./guess.ts";
import type { SqpShape } from "./workspace.ts";

/** A plan with the gains that track it. */
export type TrackedPlan = Required<Pick<SqpGuess, "X" | "U" | "K" | "multipliers">>;

/** A plan as seen one stage later: what is left of it, with its last control, gains and multipliers once more. */
export function shiftGuess(ocp: Ocp, shape: SqpShape, { X, U, K, multipliers }: TrackedPlan): TrackedPlan {
  const { N } = ocp;
  const { nx, nu } = ocp.dynamics;
  const shifted = {
    X: shiftStages(X, nx, N + 1),
    U: shiftStages(U, nu, N),
    K: shiftStages(K, nu * nx, N),
    multipliers: shiftMultipliers(shape, multipliers),
  };
  const x = blocks(shifted.X, nx);
  ocp.dynamics.step(x[N - 1], U.subarray((N - 1) * nu), N - 1, x[N]);
  return shifted;
}

function shiftStages(a: Vec, size: number, stages: number): Vec {
  const shifted = a.slice();
  shifted.copyWithin(0, size, stages * size);
  return shifted;
}

/** Each stage has those of the next where that has as many constraints, else its own. */
function shiftMultipliers({ N, start }: SqpShape, Y: Vec): Vec {
  const shifted = Y.slice();
  for (let k = 0; k < N; k++) {
    const [at, next, end] = [start[k], start[k + 1], start[k + 2]];
    if (end - next === next - at) for (let i = at; i < next; i++) shifted[i] = Y[next + i - at];
  }
  return shifted;
}
