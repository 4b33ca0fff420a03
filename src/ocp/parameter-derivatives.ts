import type { Vec } from "./ocp.ts";

/**
 * How a problem depends on numbers p (np) that it reads when it is called: mixed second derivatives, which say how a
 * solution moves with p. Every function writes its trailing arguments in full.
 */
export type ParameterDerivatives = {
  /** np. */
  readonly count: number;
  /** F (nx, np) = df/dp and G (nx + nu, np) = d2(l + lambda'f) / d(x, u)dp, x first. */
  stage(x: Vec, u: Vec, k: number, lambda: Vec, F: Vec, G: Vec): void;
  /** G (nx, np) = d2 lN / dx dp. */
  terminal(x: Vec, G: Vec): void;
  /**
   * For each group of rows: E (count, np) = dc/dp and G = d2(y'c) / d(x, u)dp, (nx, np) where the rows do not read the
   * control.
   */
  readonly rows?: readonly ((x: Vec, u: Vec, k: number, y: Vec, E: Vec, G: Vec) => void)[];
};
