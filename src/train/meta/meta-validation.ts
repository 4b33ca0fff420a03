import type { RunPosition } from "../../base/index.ts";
import { writeFileAtomic } from "../../node/index.ts";
import type { Validator } from "./judge-job.ts";
import { drawMetaCurves } from "./meta-curves.ts";
import { type MetaLog, type MetaValidationLine, namedLosses } from "./meta-log.ts";
import type { MetaSetup } from "./meta-setup.ts";
import { writeOptimizer } from "./write-optimizer.ts";

/** Judges weights on what meta-training does not see and keeps log, curves and optimizer up to date. */
export type MetaValidation = {
  /** Puts into the log what the teacher makes of the same runs, once. */
  baseline(): Promise<void>;
  /** Writes the optimizer where it is the best so far, or where the last is kept. @returns the score */
  validate(weights: Float32Array, position: RunPosition): Promise<number>;
};

export function createMetaValidation(setup: MetaSetup, judge: Validator, log: MetaLog): MetaValidation {
  const { plan, tasks, session } = setup;
  const { folder, say } = session;
  const { signal } = session.schedule;
  const { horizons, options } = plan;
  return {
    async baseline() {
      if (log.lines.some(({ type }) => type === "baseline")) return;
      const optimizer = `Adam ${options.teacherRate}`;
      const found = await judge.judgeAdam(options.teacherRate, signal);
      const named = namedLosses(found, tasks.judged, horizons);
      log.add({ type: "baseline", step: 0, optimizer, ...named });
      say(`${optimizer} on the held-out runs: ${describe(named)}`);
    },
    async validate(weights, { step, seconds, best }) {
      const found = await judge.judge(weights, signal);
      const named = namedLosses(found, tasks.judged, horizons);
      log.add({ type: "validation", step, seconds, ...named });
      await writeFileAtomic(folder.curves, drawMetaCurves(plan, log.lines));
      say(`validation at ${step} (${(seconds / 60).toFixed(1)} min): ${describe(named)}`);
      if (plan.keep === "last" || found.score < (best?.score ?? Infinity))
        await writeOptimizer(setup, weights, step);
      return found.score;
    },
  };
}

/** One line for people. */
function describe({ score, losses }: Pick<MetaValidationLine, "score" | "losses">): string {
  const number = (x: number | null): string => (x === null ? "not finite" : x.toPrecision(4));
  const tasks = Object.entries(losses).map(
    ([name, byHorizon]) =>
      `${name} ${Object.entries(byHorizon)
        .map(([horizon, loss]) => `${number(loss)} at ${horizon}`)
        .join(", ")}`,
  );
  return `score ${number(score)}; ${tasks.join("; ")}`;
}
