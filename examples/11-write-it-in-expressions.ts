// Write a problem once, in expressions: a quadrotor (12 states, 4 rotors) that flies 3 m and back, then with a load.
//
//   npm run example -- 11
//
// Nobody writes a derivative: the functions below are called once, with variables for numbers, and every first and
// second derivative is made of what they return. The load is a parameter: it is set later, and nothing is built again.
import { withFiniteDifferences } from "mnemosyne-mpc/ocp";
import { solveSqp } from "mnemosyne-mpc/sqp";
import {
  add,
  cos,
  div,
  minus,
  mul,
  neg,
  sin,
  sub,
  symbolicOcp,
  tan,
  weightedSquares,
} from "mnemosyne-mpc/symbolic";

const dt = 0.05; // [s]
const [arm, drag, gravity] = [0.17, 0.016, 9.81]; // [m], [m], [m/s^2]
const [jx, jy, jz] = [2.3e-3, 2.3e-3, 4e-3]; // moments of inertia [kg m^2]

const quadrotor = symbolicOcp({
  N: 50,
  dt,
  states: ["x", "y", "z", "roll", "pitch", "yaw", "vx", "vy", "vz", "p", "q", "r"],
  controls: ["front", "left", "rear", "right"], // thrusts [N]
  parameters: { mass: 0.5, goal: [3, 0, 1] },
  dynamics({ x, u, p: { mass } }) {
    const thrust = div(add(...u), mass);
    const [cosRoll, sinRoll] = [cos(x.roll), sin(x.roll)];
    const [cosPitch, sinPitch] = [cos(x.pitch), sin(x.pitch)];
    const [cosYaw, sinYaw] = [cos(x.yaw), sin(x.yaw)];
    const turn = add(mul(x.q, sinRoll), mul(x.r, cosRoll));
    return [
      ...[x.vx, x.vy, x.vz],
      add(x.p, mul(turn, tan(x.pitch))),
      sub(mul(x.q, cosRoll), mul(x.r, sinRoll)),
      div(turn, cosPitch),
      mul(thrust, add(mul(cosRoll, sinPitch, cosYaw), mul(sinRoll, sinYaw))),
      mul(thrust, sub(mul(cosRoll, sinPitch, sinYaw), mul(sinRoll, cosYaw))),
      sub(mul(thrust, cosRoll, cosPitch), gravity),
      div(add(mul(arm, sub(u.left, u.right)), mul(jy - jz, x.q, x.r)), jx),
      div(add(mul(arm, sub(u.rear, u.front)), mul(jz - jx, x.p, x.r)), jy),
      div(add(mul(drag, add(u.front, neg(u.left), u.rear, neg(u.right))), mul(jx - jy, x.p, x.q)), jz),
    ];
  },
  stageCost({ x, u, p: { mass, goal } }) {
    const hover = mul(mass, gravity / 4);
    const away = minus([x.x, x.y, x.z], goal);
    const tilts = [x.roll, x.pitch, x.yaw];
    const effort = u.map((thrust) => sub(thrust, hover));
    return mul(dt, add(weightedSquares(1, away), weightedSquares(0.1, [...tilts, ...effort, x.p, x.q, x.r])));
  },
  terminalCost: ({ x, p: { goal } }) =>
    add(
      weightedSquares(50, minus([x.x, x.y, x.z], goal)),
      weightedSquares(5, [x.roll, x.pitch, x.yaw, x.vx, x.vy, x.vz, x.p, x.q, x.r]),
    ),
  bounds: { front: [0, 4], left: [0, 4], rear: [0, 4], right: [0, 4] },
});

const hovering = Float64Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const thrusts = (mass: number): Float64Array => new Float64Array(4 * quadrotor.N).fill((mass * gravity) / 4);

const out = solveSqp(quadrotor, hovering, thrusts(0.5), { tol: 1e-6 });
const there = out.X.slice(-12);
console.log(
  `there:              ${out.status} after ${out.iterations} QPs, ends at x = ${there[0].toFixed(3)} m`,
);

quadrotor.set({ goal: [0, 0, 1] });
const back = solveSqp(quadrotor, there, thrusts(0.5), { tol: 1e-6 });
console.log(
  `back:               ${back.status} after ${back.iterations} QPs, ends at x = ${back.X.at(-12)!.toFixed(3)} m`,
);

quadrotor.set({ goal: [3, 0, 1], mass: 0.8 });
const loaded = solveSqp(quadrotor, hovering, thrusts(0.8), { tol: 1e-6 });
console.log(
  `there, with 0.3 kg: ${loaded.status} after ${loaded.iterations} QPs, ends at x = ${loaded.X.at(-12)!.toFixed(3)} m`,
);

// The same problem without its derivatives: they are differenced instead.
const { nx, nu, step } = quadrotor.dynamics;
const { N, uLower, uUpper, stageCost, terminalCost } = quadrotor;
const differenced = withFiniteDifferences({
  ...{ N, uLower, uUpper, stageCost, terminalCost },
  dynamics: { nx, nu, step },
});
const start = performance.now();
solveSqp(quadrotor, hovering, thrusts(0.8), { tol: 1e-6 });
const between = performance.now();
const slow = solveSqp(differenced, hovering, thrusts(0.8), { tol: 1e-6 });
console.log(
  `\nwith these derivatives ${(between - start).toFixed(0)} ms, with finite differences ${(performance.now() - between).toFixed(0)} ms`,
);

const solved = [out, back, loaded, slow].every(({ status }) => status === "converged");
const same = Math.abs(slow.cost - loaded.cost) < 1e-5 * loaded.cost;
console.log(`all converged: ${solved}; the same optimum: ${same}`);
if (!solved || !same) process.exitCode = 1;
