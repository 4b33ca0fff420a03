/**
 * A person or a robot that moves, at one time: an upright cylinder with a velocity, in the map frame. The truth of a
 * simulator, and what a stream of given movers says.
 */
export type Mover = {
  /** The same as long as it is the same one. */ readonly id: number;
  /** Centre. [m] */ readonly x: number;
  /** [m] */ readonly y: number;
  /** [m/s] */ readonly vx: number;
  /** [m/s] */ readonly vy: number;
  /** > 0 [m] */ readonly radius: number;
};
