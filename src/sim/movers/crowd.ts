import type { OccupancyGrid } from "../grid.ts";
import type { Mover } from "./mover.ts";
import { type Body, REACTION, wantedVelocity } from "./walk.ts";
import { checkWalkers, type Walker } from "./walker.ts";
import { createWalkingGround, type WalkingGround } from "./walking-ground.ts";

/** People on their ways. */
export type Crowd = {
  /** Where they are now; new objects. */ readonly movers: readonly Mover[];
  /** Lets time pass. @param h [s] @param robot the disc around it, as those see it who do */
  step(h: number, robot: Body): void;
  /** Mover n has bumped into the robot: it is set to (x, y), steps back along (nx, ny), and has seen it from now on. */
  bump(n: number, x: number, y: number, nx: number, ny: number): void;
  /** Walls have changed. */ setGrid(grid: OccupancyGrid): void;
};

/** Time between two looks around. [s] */
const LOOK_EVERY = 0.1;
/** A goal is reached within this distance, but for a mover on rails. [m] */
const ARRIVED = 0.4;
/** Who was slower than this share of its speed for so long [s] turns to its next goal. */
const SLOW = 0.15;
const PATIENCE = 4;
/** Who was slow for so long takes a step aside, to the right, for so long. [s, s, rad] */
const BLOCKED = 0.5;
const ASIDE = 1;
const ASIDE_TURN = Math.PI / 3;
/** Who has bumped into a robot steps back for so long [s], at this share of its speed. */
const STEP_BACK = 0.6;
const BACK_SPEED = 0.5;
/** Room between a walker's side and a wall on the way that it is led. [m] */
const WALL_ROOM = 0.03;

type State = {
  readonly walker: Walker;
  readonly body: { x: number; y: number; vx: number; vy: number; readonly radius: number };
  /** (2) wanted velocity. [m/s] */ readonly want: Float64Array;
  goal: number;
  seesRobot: boolean;
  /** [s] */ backUntil: number;
  /** [s] */ asideUntil: number;
  slowFor: number;
};

/**
 * People who walk to their goals, each in its {@link Walker} manner, in time steps as fine as the caller's. They look around
 * ten times a second and take half a second to change their velocity, so that nobody turns on a coin. Same walkers, same steps
 * of the same robot: the same ways.
 *
 * @throws ConfigError for walkers that are not legal
 */
export function createCrowd(walkers: readonly Walker[], grid: OccupancyGrid): Crowd {
  checkWalkers(walkers);
  const states = walkers.map(stateOf);
  const makeGround = (on: OccupancyGrid): WalkingGround | undefined => {
    const walking = walkers.filter(({ manner }) => manner !== "rail");
    if (walking.length === 0) return undefined;
    const widest = Math.max(...walking.map(({ radius }) => radius));
    return createWalkingGround(
      on,
      widest + WALL_ROOM,
      walking.flatMap((w) => [w, ...w.goals]),
    );
  };
  let ground = makeGround(grid);
  let time = 0;
  let looks = 0;

  return {
    get movers() {
      return states.map(({ walker, body }) => ({ id: walker.id, ...body }));
    },
    step(h, robot) {
      if (ground !== undefined && time >= looks * LOOK_EVERY - 1e-9) {
        looks++;
        for (const state of states)
          if (state.walker.manner !== "rail") look(ground, state, states, robot, time);
      }
      time += h;
      for (const state of states) {
        if (state.walker.manner === "rail") slide(state, h);
        else if (ground !== undefined) walk(ground, state, h);
      }
      part(states);
    },
    bump(n, x, y, nx, ny) {
      const { walker, body, want } = states[n];
      if (walker.manner === "rail") return;
      const back = BACK_SPEED * walker.speed;
      Object.assign(body, { x, y, vx: back * nx, vy: back * ny });
      want[0] = body.vx;
      want[1] = body.vy;
      Object.assign(states[n], { seesRobot: true, backUntil: time + STEP_BACK });
    },
    setGrid(next) {
      ground = makeGround(next);
    },
  };
}

/** A walker at its first place; it has just set out, so that it does not stand there as the run begins. */
function stateOf(walker: Walker): State {
  const { x, y, radius, speed, manner, goals } = walker;
  const [goal] = goals;
  const far = Math.hypot(goal.x - x, goal.y - y);
  const share = far > 0 ? speed / far : 0;
  return {
    walker,
    body: { x, y, vx: share * (goal.x - x), vy: share * (goal.y - y), radius },
    want: new Float64Array(2),
    goal: 0,
    seesRobot: manner === "aware",
    backUntil: 0,
    asideUntil: 0,
    slowFor: 0,
  };
}

/** Looks around and decides where to go until the next look. */
function look(ground: WalkingGround, state: State, all: readonly State[], robot: Body, time: number): void {
  const { walker, body, want } = state;
  if (time < state.backUntil) return;
  const { goals, speed, manner } = walker;
  state.slowFor = Math.hypot(body.vx, body.vy) < SLOW * speed ? state.slowFor + LOOK_EVERY : 0;
  const at = goals[state.goal];
  if (goals.length === 1 && Math.hypot(at.x - body.x, at.y - body.y) < ARRIVED) {
    want.fill(0);
    state.slowFor = 0;
    return;
  }
  if (Math.hypot(at.x - body.x, at.y - body.y) < ARRIVED || state.slowFor > PATIENCE) {
    state.goal = (state.goal + 1) % goals.length;
    state.slowFor = 0;
  }
  const goal = goals[state.goal];
  const next = ground.toward(goal, body.x, body.y);
  if (state.slowFor > BLOCKED && time >= state.asideUntil + ASIDE) state.asideUntil = time + ASIDE;
  const aside = time < state.asideUntil ? ASIDE_TURN : 0;
  const heading = Math.atan2(next.y - body.y, next.x - body.x) - aside;
  const distance = Math.hypot(goal.x - body.x, goal.y - body.y);
  const others: Body[] = state.seesRobot ? [robot] : [];
  if (manner !== "straight") for (const { body: other } of all) if (other !== body) others.push(other);
  if (others.length > 0) wantedVelocity(ground, body, speed, heading, distance, others, want);
  else {
    want[0] = speed * Math.cos(heading);
    want[1] = speed * Math.sin(heading);
  }
}

const slope = new Float64Array(2);

/** Moves on by h seconds, the velocity on its way to the wanted one; walls are not walked into. */
function walk(ground: WalkingGround, { body, want }: State, h: number): void {
  const share = Math.min(1, h / REACTION);
  body.vx += share * (want[0] - body.vx);
  body.vy += share * (want[1] - body.vy);
  body.x += h * body.vx;
  body.y += h * body.vy;
  const inside = body.radius - ground.awayFromWalls(body.x, body.y, slope);
  const steep = Math.hypot(slope[0], slope[1]);
  if (inside <= 0 || steep < 1e-9) return;
  const [nx, ny] = [slope[0] / steep, slope[1] / steep];
  body.x += inside * nx;
  body.y += inside * ny;
  const into = Math.min(0, body.vx * nx + body.vy * ny);
  body.vx -= into * nx;
  body.vy -= into * ny;
}

/** Moves a mover on rails by h seconds along its goals. */
function slide(state: State, h: number): void {
  const { walker, body } = state;
  const { goals, speed } = walker;
  let left = h * speed;
  for (let turns = 0; turns <= goals.length; turns++) {
    const goal = goals[state.goal];
    const [dx, dy] = [goal.x - body.x, goal.y - body.y];
    const far = Math.hypot(dx, dy);
    if (far > 0) {
      const share = Math.min(1, left / far);
      body.x += share * dx;
      body.y += share * dy;
      body.vx = (speed * dx) / far;
      body.vy = (speed * dy) / far;
    }
    left -= far;
    if (left < 0) return;
    state.goal = (state.goal + 1) % goals.length;
  }
  [body.vx, body.vy] = [0, 0]; // it is there, and has nowhere else to go
}

/** Who yields where two stand in one place: people on their own ways and on rails do not. */
function yields({ walker }: State): boolean {
  return walker.manner === "aware" || walker.manner === "blind";
}

/** Pushes apart those who have come to stand in one place, half each, or the one who yields. */
function part(states: readonly State[]): void {
  for (let i = 0; i < states.length; i++) {
    const p = states[i].body;
    for (let j = i + 1; j < states.length; j++) {
      const q = states[j].body;
      const reach = p.radius + q.radius;
      const dx = q.x - p.x;
      const dy = q.y - p.y;
      if (Math.abs(dx) >= reach || Math.abs(dy) >= reach) continue;
      const far = Math.hypot(dx, dy);
      if (far >= reach || far === 0) continue;
      const first = yields(states[i]) ? (yields(states[j]) ? 0.5 : 1) : 0;
      const second = yields(states[j]) ? 1 - first : 0;
      const overlap = (reach - far) / far;
      p.x -= first * overlap * dx;
      p.y -= first * overlap * dy;
      q.x += second * overlap * dx;
      q.y += second * overlap * dy;
    }
  }
}
