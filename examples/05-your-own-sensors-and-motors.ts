// Your own sensors and motors: the control loop takes RxJS streams in and gives RxJS streams out.
//
//   npm run example -- 05              in virtual time: the same run every time, in a moment
//   npm run example -- 05 real         the same loop against the real clock
//
// The robot below stands for yours: a driver with odometry, a laser scan and velocity commands. It knows nothing
// of the planner, the planner nothing of it. There is no map: the robot drives by what it has seen.
import {
  createControlLoop,
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  plannedTwist,
  warmUp,
} from "mnemosyne-mpc/planner";
import { createGrid, createLocalGrid, getRobot, UNKNOWN } from "mnemosyne-mpc/sim";
import { asyncScheduler, BehaviorSubject, interval, map, of, takeWhile, VirtualTimeScheduler } from "rxjs";

const [mode] = process.argv.slice(2);
const scheduler = mode === "real" ? asyncScheduler : new VirtualTimeScheduler();
const periodMs = 100;

// ---- your robot: here a TurtleBot 4 among three pillars ------------------------------------------------
const pillars = [1, 2, 3].map((i) => [i, 0.1 * (-1) ** i, 0.15]); // x, y, radius [m]
const angles = Float64Array.from({ length: 360 }, (_, i) => -Math.PI + (i * Math.PI) / 180);
const odometry = { x: 0, y: 0, yaw: 0, v: 0, w: 0 };
const nothing = Number.POSITIVE_INFINITY;
let nearest = nothing; // least distance between hull and pillars, for the claim at the end

/** Takes a velocity and lets a period pass. */
function setVelocity(v: number, w: number): void {
  odometry.v += 0.9 * (v - odometry.v); // motors lag
  odometry.w += 0.9 * (w - odometry.w);
  odometry.yaw += odometry.w * (periodMs / 1000);
  odometry.x += odometry.v * Math.cos(odometry.yaw) * (periodMs / 1000);
  odometry.y += odometry.v * Math.sin(odometry.yaw) * (periodMs / 1000);
  for (const [px, py, r] of pillars)
    nearest = Math.min(nearest, Math.hypot(px - odometry.x, py - odometry.y) - r - 0.174);
}

/** Distance to the first pillar in a direction of the map, Infinity where there is none. */
function laser(angle: number): number {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const hits = pillars.map(([px, py, r]) => {
    const along = c * (px - odometry.x) + s * (py - odometry.y);
    const across = c * (py - odometry.y) - s * (px - odometry.x);
    return along > 0 && Math.abs(across) < r ? along - Math.sqrt(r * r - across * across) : nothing;
  });
  return Math.min(...hits);
}

// ---- from its sensors to samples: the state, and a grid of what the laser has seen ---------------------
const local = createLocalGrid({ size_m: 4 });
const sensor$ = interval(periodMs, scheduler).pipe(
  map((tick) => {
    const { x, y, yaw, v, w } = odometry;
    const ranges = angles.map((angle) => laser(yaw + angle));
    local.recenter(x, y);
    local.integrate({ pose: { x, y, yaw }, angles, ranges, range: 5 });
    return { time: (tick * periodMs) / 1000, x: Float64Array.of(x, y, yaw, v, w), grid: local.grid };
  }),
);
const map$ = of(createGrid(160, 80, 0.05, { x: -2, y: -2, yaw: 0 }, UNKNOWN));
const goal$ = new BehaviorSubject({ x: 4, y: 0 });

// ---- the loop --------------------------------------------------------------------------------------------
const robot = getRobot("turtlebot4");
const create = () =>
  createNavigator({
    robot,
    planner: createTrajectoryPlanner({ robot, warmStart: getWarmStart("shift"), maxIterations: 10 }),
  });
if (mode === "real") await warmUp(robot, create); // or its first ticks, whose code is yet to be compiled, would be late
const navigator = create();
const loop = createControlLoop(
  { sensor$, map$, goal$ },
  // Deadline, silence and clock are on by default; time that is virtual has a clock of its own.
  { navigator, scheduler, ...(mode !== "real" && { clock: () => scheduler.now() }) },
);

let arrived = false;
loop.report$.pipe(takeWhile(({ phase, time }) => phase !== "arrived" && time < 60, true)).subscribe({
  // ---- from plans to your motors: the velocity that the plan has one period on; none: stop ----
  next({ tick, time, phase, pose, plan }) {
    const { vx, w } = plannedTwist(robot, plan, periodMs / 1000);
    setVelocity(vx, w);
    arrived = phase === "arrived";
    if (tick % 20 === 0 || arrived)
      console.log(
        `${time.toFixed(1).padStart(5)} s  ${phase.padEnd(8)} (${pose.x.toFixed(2)}, ${pose.y.toFixed(2)})`,
      );
  },
  complete() {
    console.log(`arrived: ${arrived}; nearest to a pillar: ${nearest.toFixed(3)} m`);
    if (!arrived || nearest <= 0) process.exitCode = 1;
  },
});
if (scheduler instanceof VirtualTimeScheduler) scheduler.flush();
