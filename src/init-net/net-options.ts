import { check, checkCount, checkName, checkPositive } from "../base/index.ts";

/** What a cell of the network's grid says: free, unknown or occupied; the distance to the nearest obstacle. */
export const GRID_CHANNELS = ["occupancy", "distance"] as const;
export type GridChannel = (typeof GRID_CHANNELS)[number];

/** Attention of a layer: exact softmax, or an associative memory with one of the random feature maps. */
export const ATTENTION_MAPS = ["favor+", "hf+", "favor++", "hf++", "softmax"] as const;
export type AttentionMapName = (typeof ATTENTION_MAPS)[number];

/** The design of a warm-start network; every field is a row of an ablation. */
export type NetOptions = {
  /**
   * `one`: made for one robot, in its own states and controls. `any`: told which robot it is, in units of the robot and in
   * states and controls that all kinds share; see `netFrame`.
   */
  readonly robots: "one" | "any";
  /** Cells along a side of the grid the network sees; a multiple of {@link PATCH}. */
  readonly window: number;
  /** Half of that side, in units of length: lookaheads, see `netFrame`. */
  readonly reach: number;
  readonly channels: readonly GridChannel[];
  /** Whether the network sees the grid at all. */
  readonly grid: boolean;
  /**
   * Whether it is given the path, the shifted last plan and the distances beside them, and corrects them; without,
   * it sees the grid, its speeds and the goal alone, as in the paper.
   */
  readonly bases: boolean;
  /** Features of a token. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Random features per head: the length of phi. */
  readonly features: number;
  /** Seed of the random features, which are fixed, not learned. */
  readonly featureSeed: number;
  readonly map: AttentionMapName;
  /** Width of a layer's MLP, in widths of a token. */
  readonly mlp: number;
  /** Where speeds, goal and bases meet the grid: in every token before the first layer, or after the last. */
  readonly fusion: "early" | "late";
  /** What of the grid reaches the head: one token (the paper), or that and the mean of all. */
  readonly readout: "token" | "tokenMean";
  /** Trajectories proposed. */
  readonly hypotheses: number;
  /**
   * Controls alone, rolled out (the paper); states and controls, tracked in closed loop; or states alone, whose controls
   * follow from them, since every control is the rate of a state.
   */
  readonly predicts: "controls" | "trajectory" | "states";
  /** Width of the head's two hidden layers. */
  readonly hidden: number;
  /** What the head's hidden layers do: `relu`; `norm`, the same of a normalized input; or `gelu`. */
  readonly head: "relu" | "norm" | "gelu";
};

/** Side of a patch. [cells] (The paper's 5 x 5.) */
export const PATCH = 5;

/** The network of the paper, as far as it is described there. */
export const PAPER_NET: NetOptions = {
  robots: "one",
  window: 50,
  reach: 1.1,
  channels: ["occupancy"],
  grid: true,
  bases: false,
  width: 64,
  layers: 3,
  heads: 4,
  features: 32,
  featureSeed: 1,
  map: "hf+",
  mlp: 2,
  fusion: "late",
  readout: "token",
  hypotheses: 1,
  predicts: "controls",
  hidden: 256,
  head: "relu",
};

/** What networks of before these options were; their files do not say it. */
export const OLDER_NET = { robots: "one", head: "relu" } as const satisfies Partial<NetOptions>;

/** What measured best here: it corrects the path and the last plan, in several hypotheses. */
export const MNEMOSYNE_NET: NetOptions = {
  ...PAPER_NET,
  channels: ["occupancy", "distance"],
  bases: true,
  fusion: "early",
  readout: "tokenMean",
  hypotheses: 4,
  predicts: "trajectory",
  hidden: 384,
};

/** The same for any robot: it is told which. */
export const ROBOTS_NET: NetOptions = { ...MNEMOSYNE_NET, robots: "any", reach: 1, predicts: "states" };

const INTEGERS = {
  window: [PATCH, 500],
  width: [1, 4096],
  layers: [0, 64],
  heads: [1, 64],
  features: [1, 4096],
  featureSeed: [0, 2 ** 31],
  mlp: [1, 16],
  hypotheses: [1, 64],
  hidden: [1, 65536],
} as const;

const CHOICES = {
  robots: ["one", "any"],
  map: ATTENTION_MAPS,
  fusion: ["early", "late"],
  readout: ["token", "tokenMean"],
  predicts: ["controls", "trajectory", "states"],
  head: ["relu", "norm", "gelu"],
} as const;

/** Fills in {@link MNEMOSYNE_NET}. @throws ConfigError naming the option, what was got and what is legal */
export function resolveNetOptions(given: Partial<NetOptions> = {}): NetOptions {
  const o = { ...MNEMOSYNE_NET, ...given };
  for (const [name, [low, high]] of Object.entries(INTEGERS))
    checkCount(name, o[name as keyof typeof INTEGERS], low, high);
  for (const [name, legal] of Object.entries(CHOICES))
    checkName(name, o[name as keyof typeof CHOICES], legal);
  check("window", o.window, o.window % PATCH === 0, `a multiple of the patch's ${PATCH} cells`);
  checkPositive("reach", o.reach, "lookaheads");
  check("width", o.width, o.width % o.heads === 0, `a multiple of heads (${o.heads})`);
  for (const channel of o.channels) checkName("channel", channel, GRID_CHANNELS);
  const once = o.channels.length > 0 && new Set(o.channels).size === o.channels.length;
  check("channels", o.channels, once, `one or more of ${GRID_CHANNELS.join(", ")}, each once`);
  return o;
}
