import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { footprintDiscs, getRobot, ROBOT_NAMES } from "../../src/sim/index.ts";
import { addBodyGapHessian, bodyCapsule, bodyGap, bodyGapGradient } from "../../src/track/index.ts";

describe("the gap between a body and a point", () => {
  for (const name of ROBOT_NAMES) {
    const robot = getRobot(name);
    const body = bodyCapsule(robot);
    const rng = createRng(7);
    const draws = Array.from({ length: 200 }, () => ({
      x: Float64Array.from([rng.gauss(), rng.gauss(), 4 * rng.gauss()]),
      px: 2 * rng.gauss(),
      py: 2 * rng.gauss(),
    }));

    it(`of a ${name} is that to the nearest of many discs along its axis`, () => {
      for (const { x, px, py } of draws) {
        const [c, s] = [Math.cos(x[2]), Math.sin(x[2])];
        const [first, last] = [footprintDiscs(robot)[0], footprintDiscs(robot).at(-1)!];
        let nearest = Number.POSITIVE_INFINITY;
        for (let i = 0; i <= 400; i++) {
          const ox = first.x + (i / 400) * (last.x - first.x);
          const oy = first.y + (i / 400) * (last.y - first.y);
          const gap = Math.hypot(px - x[0] - c * ox + s * oy, py - x[1] - s * ox - c * oy) - first.r;
          nearest = Math.min(nearest, gap);
        }
        expect(Math.abs(bodyGap(body, x, px, py) - nearest)).toBeLessThan(5e-3 * (last.x - first.x) + 1e-12);
      }
    });

    it(`of a ${name} has the derivatives of its differences`, () => {
      const h = 1e-6;
      const [low, high, own] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
      for (const { x, px, py } of draws) {
        bodyGapGradient(body, x, px, py, own);
        const H = new Float64Array(9);
        addBodyGapHessian(body, x, px, py, 2, H, 3);
        for (let i = 0; i < 3; i++) {
          const [up, down] = [x.slice(), x.slice()];
          up[i] += h;
          down[i] -= h;
          const slope = (bodyGap(body, up, px, py) - bodyGap(body, down, px, py)) / (2 * h);
          expect(Math.abs(own[i] - slope)).toBeLessThan(1e-7);
          bodyGapGradient(body, up, px, py, high);
          bodyGapGradient(body, down, px, py, low);
          // The curvature jumps where the nearest point leaves an end of the axis.
          if (name !== "turtlebot4" && nearAnEnd(body, x, px, py)) continue;
          for (let j = 0; j < 3; j++)
            expect(Math.abs(H[3 * i + j] - (2 * (high[j] - low[j])) / (2 * h))).toBeLessThan(1e-6);
        }
      }
    });
  }

  it("has a direction on the axis itself", () => {
    const body = bodyCapsule(getRobot("f1tenth"));
    const out = new Float64Array(3);
    bodyGapGradient(body, Float64Array.of(1, 2, 0.3), 1 + 0.1 * Math.cos(0.3), 2 + 0.1 * Math.sin(0.3), out);
    expect(Math.hypot(out[0], out[1])).toBeCloseTo(1, 9);
  });
});

function nearAnEnd(body: ReturnType<typeof bodyCapsule>, x: Float64Array, px: number, py: number): boolean {
  const along = Math.cos(x[2]) * (px - x[0]) + Math.sin(x[2]) * (py - x[1]);
  return Math.abs(along - body.ax) < 1e-4 || Math.abs(along - body.bx) < 1e-4;
}
