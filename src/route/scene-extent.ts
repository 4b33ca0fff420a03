/** How far around the robot a scene reaches. [m] */
export type SceneExtent = {
  /** The piece of the path in a scene goes on this far beyond the local goal. */
  readonly beyond: number;
  /** From the robot to the end of that piece, along the path. */
  readonly reach: number;
  /** Side of the local grid, with the robot in its middle: as far as that piece may lead. */
  readonly gridSide: number;
};

const BEYOND = 1;

/** How far a scene reaches whose local goal lies `lookahead` ahead on the path. [m] */
export function sceneExtent(lookahead: number): SceneExtent {
  const reach = lookahead + BEYOND;
  return { beyond: BEYOND, reach, gridSide: 2 * reach };
}
