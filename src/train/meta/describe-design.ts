import type { LearnedSpec } from "../../optim/index.ts";

/** A design in words. */
export function describeDesign(spec: LearnedSpec): string {
  const common = `width ${spec.width}, inputs ${spec.inputs}, output scale ${spec.outputScale}`;
  if (spec.kind === "lstm") return `LSTM, ${spec.cells} cells, ${common}`;
  const { memory, taus, feedForward } = spec;
  const kept =
    memory.kind === "cache"
      ? `regular attention over the last ${memory.features} gradients`
      : `compact associative memory, ${memory.kind} with ${memory.features} features${
          memory.kind.endsWith("++")
            ? `, rho ${memory.rho}${memory.rho === "data" ? ` (${memory.slices} slices)` : ""}`
            : ""
        }, projections from seed ${memory.seed}`;
  const cells = `${taus.length} ${taus.length === 1 ? "cell" : "cells"}, tau ${taus.join(", ")}`;
  return `Mnemosyne, ${cells}, ${common}; ${kept}${feedForward === 0 ? "" : `; dense layers of ${feedForward}`}`;
}
