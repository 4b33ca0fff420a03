import { createRng } from "../../src/base/index.ts";
import { initParameters } from "../../src/graph/index.ts";
import {
  createLearnedModel,
  type LearnedSpec,
  type LearnedWeights,
  LIGHT_SPEC,
  LSTM_SPEC,
  MNEMOSYNE_SPEC,
} from "../../src/optim/index.ts";

const { memory } = MNEMOSYNE_SPEC;

/** Every kind of learned optimizer that there is, small where the kind allows it. */
export const DESIGNS: Readonly<Record<string, LearnedSpec>> = {
  mnemosyne: MNEMOSYNE_SPEC,
  "mnemosyne-light": LIGHT_SPEC,
  lstm: LSTM_SPEC,
  "moments as inputs": { ...LIGHT_SPEC, inputs: "moments" },
  "lstm with moments": { ...LSTM_SPEC, width: 6, inputs: "moments" },
  "feed-forward layers": { ...MNEMOSYNE_SPEC, width: 6, feedForward: 12 },
  "no discount": { ...LIGHT_SPEC, taus: [0] },
  "three cells": { ...LIGHT_SPEC, taus: [0, 0.1, 1] },
  cache: { ...MNEMOSYNE_SPEC, width: 6, memory: { ...memory, kind: "cache", features: 7 } },
  "cache of one": { ...LIGHT_SPEC, memory: { ...memory, kind: "cache", features: 1 } },
  "favor+": { ...LIGHT_SPEC, memory: { ...memory, kind: "favor+", features: 5 } },
  "favor++ thickened": { ...LIGHT_SPEC, memory: { ...memory, kind: "favor++" } },
  "hf++ thickened": { ...MNEMOSYNE_SPEC, width: 6, memory: { ...memory, kind: "hf++", slices: 4 } },
  "hf++ at a fixed rho": { ...LIGHT_SPEC, memory: { ...memory, kind: "hf++", rho: 0.6 } },
};

/** A learned optimizer that was never trained: weights as drawn, the last layer larger, biases not zero. */
export function untrained(spec: LearnedSpec, seed = 1): LearnedWeights {
  const { layout } = createLearnedModel(spec);
  const rng = createRng(seed);
  const weights = initParameters(layout, rng);
  for (const { name, offset, size } of layout.entries)
    for (let i = offset; i < offset + size; i++) {
      if (name === "out/weight") weights[i] *= 5;
      if (/bias$/i.test(name)) weights[i] += 0.1 * rng.gauss();
    }
  return { name: "untrained", spec, weights };
}
