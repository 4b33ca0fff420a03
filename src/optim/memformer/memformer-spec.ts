import { ConfigError, checkCount, checkName, type Rng } from "../../base/index.ts";
import {
  initParameters,
  layoutParameters,
  type ParameterLayout,
  type ParameterSpec,
} from "../../graph/index.ts";

/**
 * What a layer does with the attention of the layers before it:
 *
 *     none   Z_{l+1} = Z_l + Attn_l(Z_l) / n                                       (linear transformer)
 *     cgd    R_l = Attn_l(Z_l) + gamma_l * R_{l-1},  Z_{l+1} = Z_l + alpha_l R_l / n      (one register)
 *     lfom   R_l = Attn_l(Z_l),  Z_{l+1} = Z_l + 1/n sum_{j <= l} Gamma_lj * R_j   (a register a layer)
 */
export type MemoryKind = "none" | "cgd" | "lfom";
const MEMORIES: readonly MemoryKind[] = ["none", "cgd", "lfom"];

/** Whether a matrix of attention is one number (times the identity) or all of it, or a register's weight one number or one per coordinate of Z. */
export type Freedom = "scalar" | "full";

/**
 * A memory-augmented linear transformer on prompts Z (d + 1, n + 1); each head of each layer is
 *
 *     Attn(Z) = P Z M (Z' Q Z),   M = diag(I_n, 0),   P = [[B, 0], [0, 1]],   Q = -[[A, 0], [0, 0]]
 *
 * and the heads of a layer are summed. Its prediction is `-[Z_L]_{d+1, n+1}`.
 *
 * Source: Memformers (arXiv 2410.07263), equations 1 to 4 and 17 to 20.
 */
export type MemformerSpec = {
  /** Features d >= 1. */
  readonly d: number;
  /** Examples n >= 1. */
  readonly n: number;
  /** L >= 1. */
  readonly layers: number;
  readonly memory: MemoryKind;
  /** A of each head: `scalar` is a number times the identity. */
  readonly preconditioner?: Freedom;
  /** Whether B is free (GD++: features are moved too) or zero, the default. */
  readonly movesFeatures?: boolean;
  /** Weights of the registers: one number each, or one for each coordinate of Z. */
  readonly registers?: Freedom;
  /** Heads of a layer, >= 1. */
  readonly heads?: number;
};

/** What a {@link MemformerSpec} leaves open. */
export const MEMFORMER_DEFAULTS = {
  preconditioner: "full",
  movesFeatures: false,
  registers: "scalar",
  heads: 1,
} as const satisfies Partial<MemformerSpec>;

/** A spec with nothing open. */
export type WholeMemformerSpec = Required<MemformerSpec>;

/** @throws ConfigError where there is no such network */
export function completeSpec(spec: MemformerSpec): WholeMemformerSpec {
  const whole = { ...MEMFORMER_DEFAULTS, ...spec };
  for (const name of ["d", "n", "layers", "heads"] as const) checkCount(name, whole[name], 1);
  checkName("memory", whole.memory, MEMORIES);
  for (const name of ["preconditioner", "registers"] as const)
    checkName(name, whole[name], ["scalar", "full"]);
  if (whole.memory === "none" && whole.registers === "full")
    throw new ConfigError(`registers are "full" where memory is "none", expected memory cgd or lfom`);
  return whole;
}

/** Standard deviation of matrices of attention at the start: small beside the identity, where gradient descent sits. */
const START = 0.1;

/**
 * The parameters: of layer l `A{l}` (heads, d, d) or (heads), `B{l}` likewise where features move, `alpha{l}` (1)
 * and `gamma{l}` (1) or (d + 1, n + 1) for `cgd`, `Gamma{l}` (l + 1) or (l + 1, d + 1, n + 1) for `lfom`.
 */
export function memformerLayout(spec: MemformerSpec): ParameterLayout {
  const { d, n, layers, memory, preconditioner, movesFeatures, registers, heads } = completeSpec(spec);
  const matrix = preconditioner === "full" ? [heads, d, d] : [heads];
  const weight = registers === "full" ? [d + 1, n + 1] : [];
  const rows: ParameterSpec[] = [];
  for (let l = 0; l < layers; l++) {
    rows.push({ name: `A${l}`, shape: matrix, init: { normal: START } });
    if (movesFeatures) rows.push({ name: `B${l}`, shape: matrix, init: { normal: START } });
    if (memory === "cgd") {
      rows.push({ name: `alpha${l}`, shape: [1], init: "ones" });
      rows.push({ name: `gamma${l}`, shape: registers === "full" ? weight : [1], init: "zeros" });
    }
    if (memory === "lfom") rows.push({ name: `Gamma${l}`, shape: [l + 1, ...weight], init: "zeros" });
  }
  return layoutParameters(rows);
}

/** A random start: small matrices, and each layer's own register alone with weight 1. (total) float32 */
export function initMemformer(spec: MemformerSpec, rng: Rng): Float32Array {
  const layout = memformerLayout(spec);
  const params = initParameters(layout, rng);
  for (const { name, offset, size, shape } of layout.entries) {
    if (!name.startsWith("Gamma")) continue;
    params.fill(1, offset + size - size / shape[0], offset + size);
  }
  return params;
}
