// Add a warm start: a strategy of your own for where the solver begins, beside those of the house.
//
//   npm run example -- 03
//
// This one remembers. After every tick it stores what the robot saw and the plan that came of it, and in a new
// scene it proposes the plan of the most similar old one beside the pursuit of the path; `choice: "merit"`
// begins with whichever is cheaper. Unlike `shift` it needs no last plan, so it also helps after a jump.
import { drive } from "mnemosyne-mpc/drive";
import { pathStart, type Scene, WARM_STARTS, type WarmStart } from "mnemosyne-mpc/planner";
import { castRay, getRobot, makeWorld } from "mnemosyne-mpc/sim";

/** A scene as seen from the robot: the goal, its own speeds, and the free distance in 12 directions. */
function cueOf({ x, goal, grid }: Scene): number[] {
  const [px, py, yaw, v, w] = x;
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const ranges = Array.from({ length: 12 }, (_, i) =>
    Math.min(2, castRay(grid, px, py, yaw + (i * Math.PI) / 6, 2)),
  );
  const ahead = c * (goal.x - px) + s * (goal.y - py);
  const left = c * (goal.y - py) - s * (goal.x - px);
  return [ahead, left, v, w, ...ranges.map((range) => 0.5 * range)];
}

function createMemory(): WarmStart {
  const memories: { cue: number[]; U: Float64Array }[] = [];
  let lastCue: number[] = [];
  return {
    name: "memory",
    choice: "merit",
    candidates({ scene, problem, lastPlan }) {
      const cue = cueOf(scene);
      const distance = (other: number[]): number => other.reduce((sum, o, i) => sum + (o - cue[i]) ** 2, 0);
      if (lastPlan !== undefined) memories.push({ cue: lastCue, U: lastPlan.U });
      lastCue = cue;
      const similar = memories.map((m) => ({ ...m, far: distance(m.cue) })).sort((a, b) => a.far - b.far)[0];
      const path = { name: "path", guess: pathStart(problem, scene) };
      return similar === undefined ? [path] : [path, { name: "memory", guess: { U: similar.U } }];
    },
  };
}

const warmStarts = new Map([...WARM_STARTS, ["memory", createMemory()]]);
const compared = ["zero", "path", "memory", "shift"];
const sums = new Map(compared.map((name) => [name, 0]));
const worlds = 5;

console.log(
  `SQP iterations per tick (mean)\nworld      ${compared.map((name) => name.padStart(8)).join("")}`,
);
for (let seed = 0; seed < worlds; seed++) {
  const { name: id, grid, start, goal } = makeWorld("clutter", seed);
  const cells: string[] = [];
  for (const name of compared) {
    const robot = getRobot("jackal");
    const { summary } = await drive({ grid, robot, start, goal, init: warmStarts.get(name), iterations: 10 });
    const { mean } = summary.sqp.iterations;
    sums.set(name, sums.get(name)! + mean);
    cells.push(mean.toFixed(2).padStart(8));
    if (summary.status !== "reached") process.exitCode = 1;
  }
  console.log(`${id.padEnd(11)}${cells.join("")}`);
}
const [zero, path, memory, shift] = compared.map((name) => sums.get(name)! / worlds);
console.log(
  `\nOn average zero needs ${zero.toFixed(2)}, path ${path.toFixed(2)}, memory ${memory.toFixed(2)}, shift ${shift.toFixed(2)}.`,
);
if (!(memory < path && path < zero)) process.exitCode = 1;
