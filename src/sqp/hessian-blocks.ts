import type { Vec } from "../ocp/index.ts";
import type { HessianBlocks } from "./workspace.ts";

/** Copies the blocks of a Hessian. */
export function copyBlocks(from: HessianBlocks, to: HessianBlocks): void {
  to.Q.set(from.Q);
  to.R.set(from.R);
  to.M.set(from.M);
}

/** The blocks of `out = a + share * b`; out may be one of them. */
export function addBlocks(a: HessianBlocks, share: number, b: HessianBlocks, out: HessianBlocks): void {
  add(a.Q, share, b.Q, out.Q);
  add(a.R, share, b.R, out.R);
  add(a.M, share, b.M, out.M);
}

function add(a: Vec, share: number, b: Vec, out: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + share * b[i];
}
