/**
 * What most programs begin with. The rest is behind the doors of the rooms, `mnemosyne-mpc/ROOM`:
 * `ocp`, `symbolic`, `zoo` (optimal control problems), `sqp`, `qp`, `ilqr` (their solvers), `sim` (robots, maps, worlds, sensors),
 * `route`, `planner`, `drive` (from a map to commands), `record`, `plot` (logs and pictures), `graph`, `cam`,
 * `rules`, `optim`, `init-net`, `scenes` (what learns), `base`, `linalg`, `wasm` (the ground).
 * Whoever only solves imports `mnemosyne-mpc/sqp` alone and loads nothing else.
 *
 * @module
 */
export { type DriveOptions, type DriveSummary, drive } from "./drive/index.ts";
export { type Ocp, withFiniteDifferences } from "./ocp/index.ts";
export { type ControlLoop, createControlLoop } from "./planner/index.ts";
export { createLogWriter, readLog } from "./record/index.ts";
export { getRobot, loadMap, makeWorld, type OccupancyGrid, type Robot } from "./sim/index.ts";
export {
  type SolveOptions,
  type SolveResult,
  type SqpOptions,
  type SqpResult,
  solve,
  solveSqp,
} from "./sqp/index.ts";
