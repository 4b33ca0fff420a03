import { ConfigError, checkLength } from "../base/index.ts";
import { FIRST } from "./central-differences.ts";
import { controlOf } from "./constraint-layout.ts";
import type { Ocp, Vec } from "./ocp.ts";
import type { ParameterDerivatives } from "./parameter-derivatives.ts";
import { rowGroups } from "./row-groups.ts";

/**
 * How a problem depends on its parameters, by central differences of its own functions and first derivatives: for problems
 * that are not written in expressions.
 *
 * @param values (np) where the problem's functions read the parameters; they are changed for a moment and put back
 * @param sizes (np) how large a parameter is, > 0; by default its value, which then must not be 0
 * @throws ShapeError, ConfigError for a size that is missing or not positive
 */
export function differenceParameters(ocp: Ocp, values: Vec, sizes: Vec = values): ParameterDerivatives {
  const { nx, nu } = ocp.dynamics;
  const count = values.length;
  checkLength("sizes", sizes.length, count, "np");
  const steps = Float64Array.from(sizes, (size, i) => {
    if (Math.abs(size) > 0 && Number.isFinite(size)) return FIRST * Math.abs(size);
    throw new ConfigError(
      `parameter ${i} has size ${size}, expected a number that is not 0: how large it may be`,
    );
  });
  /** J (out.length, np) = d out / dp, of what f writes. */
  const columns = (f: (out: Vec) => void, length: number, J: Vec): void => {
    const [high, low] = [new Float64Array(length), new Float64Array(length)];
    for (let j = 0; j < count; j++) {
      const value = values[j];
      values[j] = value + steps[j];
      f(high.fill(0));
      values[j] = value - steps[j];
      f(low.fill(0));
      values[j] = value;
      for (let i = 0; i < length; i++) J[i * count + j] = (high[i] - low[i]) / (2 * steps[j]);
    }
  };
  const [A, B] = [new Float64Array(nx * nx), new Float64Array(nx * nu)];
  return {
    count,
    stage(x, u, k, lambda, F, G) {
      columns((out) => ocp.dynamics.step(x, u, k, out), nx, F);
      columns(
        (out) => {
          ocp.stageGradient(x, u, k, out.subarray(0, nx), out.subarray(nx));
          ocp.dynamics.jacobian(x, u, k, A, B);
          addWeighted(A, lambda, nx, out, 0);
          addWeighted(B, lambda, nu, out, nx);
        },
        nx + nu,
        G,
      );
    },
    terminal: (x, G) => columns((out) => ocp.terminalGradient(x, out), nx, G),
    rows: rowGroups(ocp).map((rows) => {
      const nc = rows.controls ? nu : 0;
      const [C, D] = [new Float64Array(rows.count * nx), new Float64Array(rows.count * nc)];
      return (x: Vec, u: Vec, k: number, y: Vec, E: Vec, G: Vec): void => {
        const control = controlOf(rows, u);
        columns((out) => rows.value(x, control, k, out), rows.count, E);
        columns(
          (out) => {
            rows.jacobian(x, control, k, C, D);
            addWeighted(C, y, nx, out, 0);
            addWeighted(D, y, nc, out, nx);
          },
          nx + nc,
          G,
        );
      };
    }),
  };
}

/** out[at..] += J'w for J (w.length, columns). */
function addWeighted(J: Vec, w: Vec, columns: number, out: Vec, at: number): void {
  for (let i = 0; i < w.length; i++)
    for (let j = 0; j < columns; j++) out[at + j] += w[i] * J[i * columns + j];
}
