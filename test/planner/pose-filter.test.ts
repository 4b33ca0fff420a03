import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { filterPose, type PoseFilter, poseUnsureness } from "../../src/planner/pose-filter.ts";
import { createGrid, getRobot } from "../../src/sim/index.ts";

const robot = getRobot("jackal");
const grid = createGrid(2, 2, 0.05);
const DT = 0.1;

/**
 * A robot on a circle whose pose is measured with noise, and whose wheels slip.
 *
 * @returns root mean squared errors of the measured and of the filtered positions over the last half, and the last gain
 */
function run(noise: number, slip: number, seed = 1, ticks = 600) {
  const rng = createRng(seed);
  const [v, w] = [1, 0.4];
  let filter: PoseFilter | undefined;
  const squared = { measured: 0, filtered: 0 };
  let yaw = 0;
  let [px, py] = [0, 0];
  for (let k = 0; k < ticks; k++) {
    const measured = Float64Array.of(
      px + noise * rng.gauss(),
      py + noise * rng.gauss(),
      yaw + 0.2 * noise * rng.gauss(),
      v,
      w,
    );
    filter = filterPose(robot, filter, { time: k * DT, x: measured, grid });
    if (k >= ticks / 2) {
      squared.measured += (measured[0] - px) ** 2 + (measured[1] - py) ** 2;
      squared.filtered += (filter.x[0] - px) ** 2 + (filter.x[1] - py) ** 2;
    }
    const turn = w * DT;
    const chord = (1 - slip) * v * DT;
    px += chord * Math.cos(yaw + turn / 2);
    py += chord * Math.sin(yaw + turn / 2);
    yaw += turn;
  }
  const count = ticks / 2;
  return {
    measured: Math.sqrt(squared.measured / count),
    filtered: Math.sqrt(squared.filtered / count),
    filter: filter!,
  };
}

describe("a pose measured with noise", () => {
  it("is filtered to less than half of its error, whatever the noise is", () => {
    for (const noise of [0.002, 0.02, 0.2]) {
      const { measured, filtered } = run(noise, 0);
      expect(measured / noise).toBeCloseTo(Math.SQRT2, 0);
      expect(filtered).toBeLessThan(0.5 * measured);
    }
  });

  it("is unsure by what wheels slip in a period, in proportion to the noise, and not at all without either", () => {
    expect(poseUnsureness(run(0, 0).filter)).toBeLessThan(1e-3 * 0.1);
    // A twentieth of the 10 cm between two samples.
    expect(poseUnsureness(run(0, 0.05).filter)).toBeCloseTo(0.005, 4);
    const [one, two] = [0.02, 0.04].map((noise) => poseUnsureness(run(noise, 0).filter));
    expect(two / one).toBeCloseTo(2, 1);
    // The measured place and the filtered one before it are off, along both axes.
    expect(one / 0.02).toBeGreaterThan(Math.SQRT2);
    expect(one / 0.02).toBeLessThan(3);
  });

  it("is the measured one where there is no noise, though the wheels slip", () => {
    const { filtered, filter } = run(0, 0.05);
    expect(filtered).toBeLessThan(1e-9);
    expect(filter.position.gain).toBe(1);
  });

  it("is no worse than the measured one where wheels slip by a tenth of the noise a tick, and by half of it", () => {
    for (const slip of [0.02, 0.1]) {
      const { measured, filtered } = run(0.02, slip);
      expect(filtered).toBeLessThan(measured);
    }
  });

  it("is the measured one after a jump that noise does not explain, and after a silence", () => {
    const { filter } = run(0.02, 0);
    const jumped = filter.x.slice();
    jumped[0] += 0.5;
    expect(filterPose(robot, filter, { time: filter.time + DT, x: jumped, grid }).x[0]).toBe(jumped[0]);
    jumped[0] -= 0.49;
    const later = filterPose(robot, filter, { time: filter.time + 2, x: jumped, grid });
    expect(later.x).toBe(jumped);
    expect(later.position.gain).toBe(1);
  });
});
