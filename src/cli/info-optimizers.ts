import { readFileSync } from "node:fs";
import { describeError } from "../node/index.ts";
import { createLearnedModel, LEARNED_SPECS, readLearnedWeights } from "../optim/index.ts";
import { shippedOptimizerFile, shippedOptimizers } from "../optim/node.ts";
import { describeDesign } from "../train/index.ts";

/** A learned optimizer of the package: there, or how to get it. */
export type OptimizerInfo = {
  readonly name: string;
  readonly found: boolean;
  readonly detail?: string;
  readonly how: string;
};

/**
 * The learned optimizers that come with the package, by their own account, and the designs that none was trained
 * of.
 *
 * @param folder where they are
 */
export function findOptimizers(folder?: string): OptimizerInfo[] {
  const shipped = shippedOptimizers(folder);
  const names = [...new Set([...Object.keys(LEARNED_SPECS), ...shipped])];
  return names.map((name): OptimizerInfo => {
    if (!shipped.includes(name))
      return { name, found: false, how: `mnemosyne meta-train --design ${name} --out FOLDER trains one` };
    try {
      const { spec } = readLearnedWeights(readFileSync(shippedOptimizerFile(name, folder)));
      const { layout, sizes } = createLearnedModel(spec);
      const memory = sizes.reduce((a, b) => a + b, 0);
      const detail = `${describeDesign(spec)}; ${layout.total} weights, ${memory} floats per parameter`;
      return { name, found: true, detail, how: "" };
    } catch (error) {
      return { name, found: false, detail: "unusable", how: describeError(error).message };
    }
  });
}
