import { createRng, hashSeed, type Rng, SceneError } from "../../base/index.ts";
import { cellCenter, type OccupancyGrid } from "../grid.ts";
import { between, type Flow, type Point, pick } from "../worlds/layout.ts";
import { type MoverOptions, resolveMoverOptions } from "./mover-options.ts";
import type { Manner, Walker } from "./walker.ts";
import { createWalkingGround, type WalkingGround } from "./walking-ground.ts";

/** Nobody begins nearer to the robot's start than this, beyond its own radius. [m] */
const START_ROOM = 2.5;
/** Goals of each before it begins anew. */
const GOALS = 12;
/** Draws of a place before a mover is left out. */
const DRAWS = 300;
/** Scatter of places to begin at, which grows with every draw that finds no room. [m] */
const SCATTER = 0.3;
const WIDER = 1.02;
/** Places that people go to on a map that names none. */
const PLACES = 8;
/** Nobody stands nearer to another at first. [m] */
const APART = 0.1;

/**
 * Draws who walks: how wide, how fast, in what manner, from where to where. The flows are dealt in turn. A mover for whom
 * there is no room is left out.
 *
 * @param start of the robot: nobody begins there
 */
export function drawWalkers(
  flows: readonly Flow[],
  grid: OccupancyGrid,
  start: Point,
  given: Partial<MoverOptions>,
  rng: Rng,
): Walker[] {
  const options = resolveMoverOptions(given);
  const places = flows.flatMap(({ groups }) => groups.flat());
  if (places.length === 0 || options.count === 0) return [];
  const ground = createWalkingGround(grid, options.radius[1] + 0.03, [start, ...places]);
  const walkers: Walker[] = [];
  for (let id = 0; id < options.count; id++) {
    const flow = flows[id % flows.length];
    const radius = between(rng, ...options.radius);
    const speed = between(rng, ...options.speed);
    const manner = drawManner(options, rng);
    const way = { ...flow, id, radius, speed, manner };
    const drawn = flow.rail === true ? rail(way, rng) : walk(way, ground, start, walkers, rng);
    if (drawn !== undefined) walkers.push(drawn);
  }
  return walkers;
}

function drawManner({ blind, straight }: MoverOptions, rng: Rng): Manner {
  const share = rng.uniform();
  return share < straight ? "straight" : share < straight + blind ? "blind" : "aware";
}

type Way = Flow & Pick<Walker, "id" | "radius" | "speed" | "manner">;

/**
 * One who walks from somewhere on the way to the first goal, standing clear of robot, walls and others. Of the places of a
 * group it goes to one of the farther half.
 */
function walk(
  { id, radius, speed, manner, groups, from = [0, 1] }: Way,
  ground: WalkingGround,
  start: Point,
  others: readonly Walker[],
  rng: Rng,
): Walker | undefined {
  const origin = pick(rng, groups[0]);
  const goals: Point[] = [];
  while (goals.length < GOALS) {
    const from = goals.at(-1) ?? origin;
    const group = groups[(goals.length + 1) % groups.length];
    goals.push([...group].sort((a, b) => gap(b, from) - gap(a, from))[rng.int(Math.ceil(group.length / 2))]);
  }
  let scatter = SCATTER;
  for (let draw = 0; draw < DRAWS; draw++, scatter *= WIDER) {
    const share = between(rng, ...from);
    const x = origin.x + share * (goals[0].x - origin.x) + scatter * rng.gauss();
    const y = origin.y + share * (goals[0].y - origin.y) + scatter * rng.gauss();
    if (ground.clearance(x, y) < radius) continue;
    if (Math.hypot(x - start.x, y - start.y) < START_ROOM + radius) continue;
    if (others.some((o) => Math.hypot(x - o.x, y - o.y) < radius + o.radius + APART)) continue;
    if (!goals.every((goal) => ground.reaches({ x, y }, goal))) continue;
    return { id, x, y, radius, speed, goals, manner };
  }
  return undefined;
}

function gap(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** One on rails, begun somewhere along them and either way: to one end, back to the other, and again. */
function rail({ id, radius, speed, groups: [track] }: Way, rng: Rng): Walker {
  const at = rng.int(track.length);
  const there = rng.uniform() < 0.5 ? track : [...track].reverse();
  const round = [...there, ...[...there].reverse().slice(1, -1)];
  const goals = [...round.slice(at), ...round.slice(0, at)];
  return { id, ...goals[0], radius, speed, goals, manner: "rail" };
}

/** Those who do not stand where the robot starts. */
export function clearOf(start: Point, walkers: readonly Walker[]): Walker[] {
  return walkers.filter((walker) => gap(walker, start) >= START_ROOM + walker.radius);
}

/** Draws who walks on a map that does not say, to and fro between places that can be reached from the robot's start. */
export function wanderers(
  grid: OccupancyGrid,
  start: Point,
  goal: Point,
  given: Partial<MoverOptions> = {},
  seed = 0,
): Walker[] {
  if (resolveMoverOptions(given).count === 0) return [];
  const rng = createRng(hashSeed(seed, 0x6d76));
  return drawWalkers(wanderingFlows(grid, start, goal, given, rng), grid, start, given, rng);
}

/**
 * Where people walk on a map that does not say: to and fro between random places that can be reached from the robot's
 * start.
 *
 * @throws SceneError where nobody can stand
 */
export function wanderingFlows(
  grid: OccupancyGrid,
  start: Point,
  goal: Point,
  given: Partial<MoverOptions>,
  rng: Rng,
): Flow[] {
  const { radius } = resolveMoverOptions(given);
  const ground = createWalkingGround(grid, radius[1] + 0.03, [start, goal]);
  const { frame, mask } = ground;
  const free: number[] = [];
  for (let c = 0; c < mask.length; c++) if (mask[c] === 1) free.push(c);
  const places: Point[] = [];
  for (let draw = 0; draw < DRAWS && places.length < PLACES && free.length > 0; draw++) {
    const c = free[rng.int(free.length)];
    const [x, y] = cellCenter(frame, c % frame.width, Math.floor(c / frame.width));
    if (ground.reaches({ x, y }, start)) places.push({ x, y });
  }
  if (places.length === 0)
    throw new SceneError("movers: nobody can walk from where the robot starts, it is too narrow there");
  return [{ groups: [places] }];
}
