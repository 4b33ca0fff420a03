import type { RunPosition } from "../base/index.ts";
import { measureFigures, type TrainEngine } from "../init-net/index.ts";
import { writeFileAtomic } from "../node/index.ts";
import { drawCurves } from "./curves.ts";
import { exportModel, PARITY_EXAMPLES } from "./export-model.ts";
import { chooseExamples } from "./held-out.ts";
import { type Baselines, createQualityProbe } from "./plan-quality.ts";
import { linesOf } from "./session-log.ts";
import type { TrainLog, ValidationLine } from "./train-log.ts";
import type { TrainSetup } from "./train-setup.ts";

/** Held-out examples of each kind that the loss is measured on. */
const PER_KIND = 400;

/** Judges a network on held-out worlds and keeps log, curves and model up to date. */
export type TrainJudge = {
  readonly baselines: Baselines;
  /** Validates the engine's averaged weights (total); writes the model where they are the best so far. @returns the loss */
  validate(engine: TrainEngine, weights: Float32Array, position: RunPosition): Promise<number>;
  /** Writes the model of these weights. @returns its difference from the trainer */
  write(engine: TrainEngine, parameters: Float32Array, step: number): Promise<number>;
  /** The validation at an update. */
  at(step: number): ValidationLine | undefined;
};

/**
 * @param title of the learning curves
 * @param facts what the model says of its training
 */
export async function createTrainJudge(
  { session, options, scenes, features }: TrainSetup,
  log: TrainLog,
  title: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<TrainJudge> {
  const { set } = features;
  const { folder, say } = session;
  const seed = 0; // the same scenes in every run, so that runs can be compared
  const examples = chooseExamples(set, PER_KIND, seed);
  const probe = await createQualityProbe(set, features, scenes, seed);
  const [known] = linesOf(log.lines, "baselines");
  const baselines = known?.baselines ?? probe.baselines();
  if (known === undefined) log.add({ type: "baselines", step: 0, baselines });
  const some = examples.slice(0, PARITY_EXAMPLES);

  const write = async (engine: TrainEngine, parameters: Float32Array, step: number): Promise<number> => {
    const first = some.length > 0 ? some : Uint32Array.of(0);
    const expected = await engine.evaluate(first, parameters);
    const { bytes, parity } = await exportModel(set, parameters, { ...facts, step }, first, expected);
    await writeFileAtomic(folder.product, bytes);
    return parity;
  };

  return {
    baselines,
    write,
    at: (step) => linesOf(log.lines, "validation").find((line) => line.step === step),
    async validate(engine, weights, { step, seconds, best }) {
      if (examples.length === 0) return Number.NaN;
      const figures = measureFigures(set, examples, await engine.evaluate(examples), options.loss);
      const quality = probe.measure(await engine.evaluate(probe.examples));
      log.add({ type: "validation", step, seconds, figures, quality });
      await writeFileAtomic(folder.curves, drawCurves(title, log.lines));
      say(describe({ type: "validation", step, seconds, figures, quality }));
      if (figures.loss < (best?.score ?? Infinity)) await write(engine, weights, step);
      return figures.loss;
    },
  };
}

/** One line for people. */
function describe({ step, seconds, figures, quality }: ValidationLine): string {
  const kinds = Object.entries(quality).map(
    ([kind, q]) =>
      `${kind} ${q.net.qps.toFixed(1)} QPs, good ${percent(q.net.good)} (best ${percent(q.best.good)}), ` +
      `${(100 * q.position.p50).toFixed(0)} cm`,
  );
  return `validation at ${step} (${(seconds / 60).toFixed(1)} min): loss ${figures.loss.toPrecision(4)}; ${kinds.join("; ")}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
