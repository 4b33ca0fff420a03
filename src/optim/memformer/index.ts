export * from "./conjugate-gradients.ts";
export * from "./memformer-forward.ts";
export * from "./memformer-graph.ts";
export {
  createMemformer,
  MEMFORMER_BATCH,
  type MemformerOptions,
  promptFeeds,
} from "./memformer-optimizee.ts";
export * from "./memformer-spec.ts";
export * from "./mixture.ts";
export * from "./regression-prompts.ts";
export * from "./residual-polynomials.ts";
export * from "./wishart-moments.ts";
