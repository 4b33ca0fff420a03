import { formatTable } from "../measures.ts";
import type { BenchDerivativesResult } from "./bench-derivatives.ts";

/** A row per work and source. */
export function derivativesText({ sizes, rows, buildMs, rounds }: BenchDerivativesResult): string {
  const table = rows.map(({ work, source, firstMs, ms, faster }) => [
    work,
    source,
    firstMs.toFixed(1),
    ms.p50.toFixed(3),
    ms.p99.toFixed(3),
    `${faster.toPrecision(3)}x`,
  ]);
  const { N, nx, nu } = sizes;
  return [
    formatTable(["at every stage", "source", "first ms", "p50", "p99", "faster"], table, 2),
    "",
    `a quadrotor, RK4, N = ${N}, nx = ${nx}, nu = ${nu}, ${rounds} rounds; made in ${buildMs.toFixed(0)} ms`,
  ].join("\n");
}
