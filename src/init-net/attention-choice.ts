import { checkCount } from "../base/index.ts";

/** How much every token of a network reads from every other. Token 0 is the latent one, 1 + p is patch p. */
export type NetAttention = {
  readonly layers: number;
  readonly heads: number;
  /** Patches and the latent token. */
  readonly tokens: number;
  /** (layers, heads, tokens, tokens) rows of what reads, columns of what is read; every row sums to 1. */
  readonly weights: Float32Array;
  /** (hypotheses, output) what the network predicted meanwhile, see `FeatureWriter.decode`. */
  readonly trajectories: Float32Array;
};

/** What to look at; the mean over layers, or heads, that are not named. */
export type AttentionChoice = {
  /** The token that reads; default 0, the latent one. */
  readonly token?: number;
  readonly layer?: number;
  readonly head?: number;
};

/** (tokens) what one token reads of every token; sums to 1. @throws ConfigError for what is not there */
export function attentionOf(attention: NetAttention, choice: AttentionChoice = {}): Float64Array {
  const { layers, heads, tokens, weights } = attention;
  const { token = 0, layer, head } = choice;
  checkCount("token", token, 0, tokens - 1);
  if (layer !== undefined) checkCount("layer", layer, 0, layers - 1);
  if (head !== undefined) checkCount("head", head, 0, heads - 1);
  const out = new Float64Array(tokens);
  const share = 1 / ((layer === undefined ? layers : 1) * (head === undefined ? heads : 1));
  for (let l = layer ?? 0; l < (layer === undefined ? layers : layer + 1); l++) {
    for (let h = head ?? 0; h < (head === undefined ? heads : head + 1); h++) {
      const row = ((l * heads + h) * tokens + token) * tokens;
      for (let j = 0; j < tokens; j++) out[j] += share * weights[row + j];
    }
  }
  return out;
}
