import type { NetHypothesis, NetInference, NetScene } from "../init-net/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import { positionGap } from "./compare-plans.ts";
import { createGate } from "./net-gate.ts";
import {
  type BaseStarts,
  baseGuesses,
  baseStarts,
  getWarmStart,
  type NamedGuess,
  type WarmStart,
  type WarmStartInput,
} from "./warm-start.ts";

export type NetStartOptions = {
  /** `net` alone: the hypothesis of the highest score, or of the lowest merit once it is rolled out. */
  readonly choice: "score" | "merit";
  /** Predicted states tracked in closed loop with the predicted controls, or the controls alone rolled out. */
  readonly follow: "states" | "controls";
  /** Hypotheses looked at, highest score first; at least 1. */
  readonly hypotheses: number;
  /** Hypotheses that stay this close to a better one are passed over. [m] */
  readonly distinct: number;
  /** `best`: of more candidates than this only those of the lowest merit get a QP. */
  readonly shortlist: number;
  /** `best`: asked in every scene, or where the shifted plan alone will not do; see `createGate`. */
  readonly gate: "always" | "needed";
  /** Weights of the tracking, see `SqpGuess`. */
  readonly tracking?: SqpGuess["tracking"];
};

export const NET_START_DEFAULTS: NetStartOptions = {
  choice: "score",
  follow: "states",
  hypotheses: Number.POSITIVE_INFINITY,
  distinct: 0.05,
  shortlist: Number.POSITIVE_INFINITY,
  gate: "needed",
};

/**
 * `net`: starts from the network's prediction alone; one QP per tick unless told otherwise. Where the
 * prediction fails it starts from the shifted last plan, or the path, and says so in the guess's note.
 */
export function createNetStart(net: NetInference, options: Partial<NetStartOptions> = {}): WarmStart {
  const o = { ...NET_START_DEFAULTS, ...options };
  const ask = createPrompter(net, o.choice === "score" ? { ...o, hypotheses: 1 } : o);
  return {
    name: "net",
    choice: "merit",
    iterations: 1,
    checkProblem: ({ robot, options }) => net.checkFit?.(robot, options),
    async candidates(input) {
      const bases = baseStarts(input);
      const { guesses, note } = await ask(input, bases);
      return guesses.length > 0 ? guesses : noted(baseGuesses(bases).slice(0, 1), note);
    },
  };
}

/**
 * `best`: where the shifted plan alone will not do, one QP from each of the network's hypotheses, the shifted last plan and the path, and on from the
 * best. Without a network, or where its prediction fails, from the last two alone.
 */
export function createBestStart(net?: NetInference, options: Partial<NetStartOptions> = {}): WarmStart {
  const best = getWarmStart("best");
  if (net === undefined) return best;
  const o = { ...NET_START_DEFAULTS, ...options };
  const ask = createPrompter(net, o);
  const shiftDoes = createGate();
  return {
    ...best,
    shortlist: o.shortlist,
    checkProblem: ({ robot, options }) => net.checkFit?.(robot, options),
    async candidates(input) {
      const bases = baseStarts(input);
      if (o.gate === "needed" && shiftDoes(input, bases)) return baseGuesses(bases);
      const { guesses, note } = await ask(input, bases);
      return [...guesses, ...noted(baseGuesses(bases), note)];
    },
  };
}

function noted(guesses: readonly NamedGuess[], note: string | undefined): readonly NamedGuess[] {
  return note === undefined ? guesses : guesses.map((guess) => ({ ...guess, note }));
}

/** Asks a network for guesses; a note where it gives none. */
function createPrompter(net: NetInference, o: NetStartOptions) {
  return async (
    input: WarmStartInput,
    bases: BaseStarts,
  ): Promise<{ guesses: NamedGuess[]; note?: string }> => {
    const prediction = await net.predict(netScene(input, bases));
    if (prediction.status !== "predicted") return { guesses: [], note: prediction.note };
    const kept: NetHypothesis[] = [];
    for (const hypothesis of prediction.hypotheses) {
      if (kept.length >= o.hypotheses) break;
      const { nx } = input.problem.ocp.dynamics;
      if (kept.every(({ X }) => positionGap(X, hypothesis.X, nx) >= o.distinct)) kept.push(hypothesis);
    }
    const guesses = kept.map(({ X, U }, i) => ({
      name: i === 0 ? "net" : `net-${i + 1}`,
      guess: o.follow === "states" && X !== undefined ? { X, U, tracking: o.tracking } : { U },
    }));
    return { guesses };
  };
}

/**
 * What a network sees: the scene, and the trajectories it may correct.
 *
 * @param bases of the input, where they are at hand
 */
export function netScene(input: WarmStartInput, bases: BaseStarts = baseStarts(input)): NetScene {
  const { scene, field, margin } = input;
  const { x, goal, final, grid, path } = scene;
  return { x, goal, final, margin, grid, field, path, bases };
}
