/** An optimizee as the user names it: `mlp-1x20`, or `mlp-1x20@2` on images made smaller by two. */
export type OptimizeeRef = {
  /** In the registry. */
  readonly name: string;
  /** Side of the squares of pixels whose mean is one pixel. */
  readonly pool: number;
  /** What it is called: its name, and `@pool` where images are made smaller. */
  readonly label: string;
};

/** Four perceptrons that share no size of a layer with each other; one is the paper's. */
export const DEFAULT_OPTIMIZEES: readonly OptimizeeRef[] = [
  optimizeeRef("mlp-1x20"),
  optimizeeRef("mlp-1x20", 2),
  optimizeeRef("mlp-1x20", 4),
  optimizeeRef("mlp-2x20", 2),
];

/** An optimizee of the registry by its name, on images made smaller by `pool`. */
export function optimizeeRef(name: string, pool = 1): OptimizeeRef {
  return { name, pool, label: pool === 1 ? name : `${name}@${pool}` };
}
