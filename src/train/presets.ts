import {
  DEFAULT_TRAIN_OPTIONS,
  MNEMOSYNE_NET,
  type NetOptions,
  PAPER_NET,
  ROBOTS_NET,
  type TrainOptions,
} from "../init-net/index.ts";

/** A network and how it is trained, under one name. */
export type Preset = {
  readonly summary: string;
  readonly net: NetOptions;
  readonly train: TrainOptions;
  /** Held-out scenes of each kind that are planned from predictions at every validation. */
  readonly scenes: number;
};

export const PRESET_NAMES = ["tiny", "paper", "mnemosyne", "robots"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  tiny: {
    summary: "a small network to try everything out, in less than a minute on the sample",
    net: { ...MNEMOSYNE_NET, width: 32, layers: 1, heads: 2, hidden: 96, hypotheses: 2 },
    train: {
      ...DEFAULT_TRAIN_OPTIONS,
      batch: 32,
      learningRate: 2e-3,
      warmup: 30,
      ema: 0.99,
      budget: { steps: 300 },
    },
    scenes: 16,
  },
  paper: {
    summary: "the paper's network on the scale of the paper's data",
    net: PAPER_NET,
    train: {
      ...DEFAULT_TRAIN_OPTIONS,
      mirror: false,
      loss: { kind: "squared", spread: 0, score: 0 },
      budget: { epochs: 40 },
    },
    scenes: 60,
  },
  mnemosyne: {
    summary: "the shipped network: it corrects the path and the last plan, in several hypotheses",
    net: MNEMOSYNE_NET,
    train: DEFAULT_TRAIN_OPTIONS,
    scenes: 60,
  },
  robots: {
    summary: "one network for any robot: told which it is, in its units",
    net: ROBOTS_NET,
    train: DEFAULT_TRAIN_OPTIONS,
    scenes: 60,
  },
};
