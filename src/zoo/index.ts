import { acrobot } from "./acrobot.ts";
import { carAmongDiscs } from "./car-among-discs.ts";
import { carInNewtons } from "./car-in-newtons.ts";
import { cartPole } from "./cart-pole.ts";
import { circles } from "./circles.ts";
import { pendulum } from "./pendulum.ts";
import { quadrotor } from "./quadrotor.ts";
import { raceCar } from "./race-car.ts";
import { rocket } from "./rocket.ts";
import { truckTrailer } from "./truck-trailer.ts";
import { constrainedCar, parallelPark, turn90 } from "./unicycle.ts";
import type { ZooProblem } from "./zoo-problem.ts";

export { CAR_OPTIMUM, CAR_START, carProblem } from "./car-among-discs.ts";
export { QUADROTOR, quadrotorOcp } from "./quadrotor.ts";
export type { ZooProblem } from "./zoo-problem.ts";

/** The zoo: optimal control problems by their names, made anew by each call. */
export const ZOO = {
  pendulum,
  "cart-pole": cartPole,
  acrobot,
  turn90,
  "parallel-park": parallelPark,
  "constrained-car": constrainedCar,
  "car-among-discs": carAmongDiscs,
  "car-in-newtons": carInNewtons,
  "truck-trailer": truckTrailer,
  quadrotor,
  rocket,
  "race-car": raceCar,
  circles,
} as const satisfies Record<string, () => ZooProblem>;

/** The name of a problem of the zoo. */
export type ZooName = keyof typeof ZOO;
/** The names of the zoo's problems. */
export const ZOO_NAMES = Object.keys(ZOO) as ZooName[];
