import { basename } from "node:path";
import { readPackageJson, writeFileAtomic } from "../../node/index.ts";
import { writeLearnedOptimizer } from "../../optim/index.ts";
import type { PlainData } from "../../rules/index.ts";
import type { MetaSetup } from "./meta-setup.ts";

/** Writes weights as an optimizer that can be used; nothing in it differs between two runs of the same command. */
export async function writeOptimizer(
  { session, plan, tasks }: MetaSetup,
  weights: Float32Array,
  step: number,
): Promise<void> {
  const { name, spec, options, optimizees, batch, data, horizons } = plan;
  const training = {
    version: readPackageJson().version,
    step,
    options,
    optimizees: optimizees.map(({ label }) => label),
    batch,
    horizons,
    ...(tasks.data && { data: basename(data), images: tasks.data.id }),
  };
  await writeFileAtomic(
    session.folder.product,
    writeLearnedOptimizer({ name, spec, weights, training: training as unknown as PlainData }),
  );
}
