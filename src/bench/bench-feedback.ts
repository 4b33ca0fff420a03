import { createRng } from "../base/index.ts";
import type { Ocp, Vec } from "../ocp/index.ts";
import { createSqpWorkspace, feedback, feedbackByQp, prepareFeedback, solveSqp } from "../sqp/index.ts";
import { ZOO, type ZooName } from "../zoo/index.ts";
import { type BenchRun, formatTable, type MeasuredSpread, measuredSpread } from "./measures.ts";

/** What answers a measured state. */
export const FEEDBACK_ANSWERS = ["plan", "feedback", "feedbackByQp", "solve"] as const;
export type FeedbackAnswer = (typeof FEEDBACK_ANSWERS)[number];

/** One answer on one problem: `plan` keeps the plan's control, `solve` solves anew from the plan. */
export type FeedbackRow = {
  readonly problem: string;
  readonly answer: FeedbackAnswer;
  /** From the measured state to the first control. */
  readonly ms: MeasuredSpread<"p50" | "p99">;
  /** Largest error of the first control, as a share of how large the controls of the plan are. */
  readonly error: MeasuredSpread<"p50" | "max">;
};

/** Times of preparation and answers, and what the answers are worth. */
export type BenchFeedbackResult = {
  readonly rows: readonly FeedbackRow[];
  /** By problem: what is done before the state is measured. [ms] */
  readonly prepareMs: Readonly<Record<string, MeasuredSpread<"p50" | "p99">>>;
  readonly offset: number;
  readonly rounds: number;
};

/** Problems that a plan can be prepared on, of the zoo. */
const PROBLEMS: readonly ZooName[] = ["pendulum", "car-among-discs", "quadrotor"];

/**
 * Measures the real-time split: at the optimum, states off by `offset` times a normal share of how far each state moves are
 * answered by all, and compared with a solve to 1e-8.
 */
export function benchFeedback(
  options: BenchRun & { readonly rounds: number; readonly offset: number; readonly seed: number },
): BenchFeedbackResult {
  const results = PROBLEMS.map((name, i) =>
    measure(name, { ...options, onProgress: (done) => options.onProgress?.(i * options.rounds + done) }),
  );
  return {
    rows: results.flatMap(({ rows }) => rows),
    prepareMs: Object.fromEntries(results.map(({ name, prepareMs }) => [name, prepareMs])),
    offset: options.offset,
    rounds: options.rounds,
  };
}

/** How many rounds {@link benchFeedback} reports. */
export const feedbackRounds = (rounds: number): number => PROBLEMS.length * rounds;

function measure(
  name: ZooName,
  { rounds, offset, seed, clock, onProgress }: Parameters<typeof benchFeedback>[0],
) {
  const { ocp, x0, guess } = ZOO[name]();
  const rng = createRng(seed);
  const plan = solveSqp(ocp, x0, guess, { tol: 1e-8 });
  const sizes = movements(ocp, plan.X);
  const control = plan.U.reduce((most, u) => Math.max(most, Math.abs(u)), 0);
  const workspace = createSqpWorkspace(ocp);
  const prepare: number[] = [];
  const samples = Object.fromEntries(
    FEEDBACK_ANSWERS.map((answer) => [answer, { ms: [] as number[], error: [] as number[] }]),
  );
  for (let round = -2; round < rounds; round++) {
    const x = x0.map((value, i) => value + offset * sizes[i] * rng.gauss());
    const exact = solveSqp(ocp, x, plan, { tol: 1e-8 }).U;
    const began = clock();
    const prepared = prepareFeedback(ocp, x0, plan, undefined, workspace);
    if (round >= 0) prepare.push(clock() - began);
    const answers: Readonly<Record<FeedbackAnswer, (u: Vec) => void>> = {
      plan: (u) => u.set(plan.U.subarray(0, u.length)),
      feedback: (u) => void feedback(prepared, x, u),
      feedbackByQp: (u) => void feedbackByQp(prepared, x, u),
      solve: (u) => u.set(solveSqp(ocp, x, plan, undefined, workspace).U.subarray(0, u.length)),
    };
    for (const answer of FEEDBACK_ANSWERS) {
      const u = new Float64Array(ocp.dynamics.nu);
      const start = clock();
      answers[answer](u);
      const ms = clock() - start;
      if (round < 0) continue;
      samples[answer].ms.push(ms);
      samples[answer].error.push(Math.max(...u.map((value, i) => Math.abs(value - exact[i]))) / control);
    }
    onProgress?.(Math.max(0, round + 1));
  }
  const rows = FEEDBACK_ANSWERS.map(
    (answer): FeedbackRow => ({
      problem: name,
      answer,
      ms: measuredSpread(samples[answer].ms, ["p50", "p99"]),
      error: measuredSpread(samples[answer].error, ["p50", "max"], 7),
    }),
  );
  return { name, rows, prepareMs: measuredSpread(prepare, ["p50", "p99"]) };
}

/** How far each state moves from the first. */
function movements({ N, dynamics: { nx } }: Ocp, X: Vec): number[] {
  return Array.from({ length: nx }, (_, i) => {
    let most = 0;
    for (let k = 1; k <= N; k++) most = Math.max(most, Math.abs(X[k * nx + i] - X[i]));
    return most;
  });
}

/** A row per problem and answer. */
export function feedbackText({ rows, prepareMs, offset, rounds }: BenchFeedbackResult): string {
  const table = formatTable(rows, 2, [
    ["problem", ({ problem }) => problem],
    ["answer", ({ answer }) => answer],
    ["ms p50", ({ ms }) => ms.p50.toFixed(4)],
    ["p99", ({ ms }) => ms.p99.toFixed(4)],
    ["error p50", ({ error }) => error.p50.toExponential(1)],
    ["max", ({ error }) => error.max.toExponential(1)],
  ]);
  const prepared = Object.entries(prepareMs).map(([name, ms]) => `${name} ${ms.p50.toFixed(2)}`);
  return `${table}\n\nprepared before in [ms]: ${prepared.join(", ")}; states off by ${offset} of their way, ${rounds} rounds`;
}
