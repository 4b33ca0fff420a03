import type { IpmEngine } from "../../../src/qp/ipm-engine.ts";

/**
 * In the place of the QP's steps in WebAssembly: their generator is 13 kB gzipped, for which the demo's page has no
 * room. The demo's QPs take the steps in JavaScript, to rounding the same.
 */
export function createSimdEngine(): IpmEngine | undefined {
  return undefined;
}
