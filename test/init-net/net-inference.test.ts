import { describe, expect, test } from "vitest";
import {
  createFeatureWriter,
  createNetInference,
  createNetSpec,
  featureSizes,
  type NetOptions,
  type NetPrediction,
  type NetSession,
  type NetSpec,
} from "../../src/init-net/index.ts";
import { getRobot, type Robot, robotBounds } from "../../src/sim/index.ts";
import { SMALL, sizesOf } from "./random-net.ts";
import { blockedRoom } from "./scene.ts";

const jackal = getRobot("jackal");
const { seen } = blockedRoom(jackal);

function specOf(options: Partial<NetOptions> = {}, robot: Robot = jackal): NetSpec {
  return createNetSpec(robot, sizesOf(3), { ...SMALL, ...options });
}

/** A session that gives fixed numbers. */
function session(spec: NetSpec, trajectories: Float32Array, scores: Float32Array): NetSession {
  const { output } = featureSizes(spec);
  const { hypotheses } = spec.options;
  return {
    run: async () => ({
      trajectories: { data: trajectories, shape: [1, hypotheses, output] },
      scores: { data: scores, shape: [1, hypotheses] },
    }),
  };
}

/** Numbers of `hypotheses` times the scene's own path. */
function pathAgain(spec: NetSpec): Float32Array {
  const { target } = featureSizes(spec);
  const one = new Float32Array(target);
  createFeatureWriter(spec).target(seen.x, seen.bases.path, one);
  return Float32Array.from({ length: target * spec.options.hypotheses }, (_, i) => one[i % target]);
}

function predicted(prediction: NetPrediction): Extract<NetPrediction, { status: "predicted" }> {
  if (prediction.status !== "predicted") throw new Error(prediction.note);
  return prediction;
}

describe("a prediction", () => {
  const spec = specOf();

  test("is the trajectory that the network's numbers mean, to float32", async () => {
    const net = createNetInference(session(spec, pathAgain(spec), Float32Array.of(0, 0, 0)), spec, jackal);
    const { hypotheses, dropped } = predicted(await net.predict(seen));
    expect(dropped).toBe(0);
    expect(hypotheses).toHaveLength(3);
    for (const { X, U } of hypotheses) {
      for (const [i, value] of seen.bases.path.X.entries()) expect(X![i]).toBeCloseTo(value, 5);
      for (const [i, value] of seen.bases.path.U.entries()) expect(U[i]).toBeCloseTo(value, 5);
    }
  });

  test("has its hypotheses in the order of their scores", async () => {
    const numbers = pathAgain(spec);
    const { target } = featureSizes(spec);
    for (let h = 0; h < 3; h++) numbers[h * target] = 0.01 * h; // x of the first stage, in lookaheads
    const net = createNetInference(session(spec, numbers, Float32Array.of(-1, 5, 2)), spec, jackal);
    const { hypotheses } = predicted(await net.predict(seen));
    expect(hypotheses.map((h) => h.score)).toEqual([5, 2, -1]);
    const ahead = hypotheses.map(({ X }) => Math.hypot(X![5] - seen.x[0], X![6] - seen.x[1]));
    expect(ahead.map((d) => Number((d / 3).toFixed(3)))).toEqual([0.01, 0.02, expect.closeTo(0, 2)]);
  });

  test("keeps controls and speeds within the robot's limits", async () => {
    const numbers = pathAgain(spec);
    const { nx, nu, N } = spec;
    for (let i = 0; i < numbers.length; i++) if (i % (nx + nu) > 2) numbers[i] = i % 2 === 0 ? 1e6 : -1e6;
    const net = createNetInference(session(spec, numbers, new Float32Array(3)), spec, jackal);
    const { hypotheses } = predicted(await net.predict(seen));
    const { uLower, uUpper, boxIndex, xLower, xUpper } = robotBounds(jackal);
    for (const { X, U } of hypotheses) {
      for (const [i, u] of U.entries()) expect(u >= uLower[i % nu] && u <= uUpper[i % nu]).toBe(true);
      for (let k = 1; k <= N; k++)
        boxIndex.forEach((i, j) => {
          const x = X![k * nx + i];
          expect(x >= xLower[j] && x <= xUpper[j]).toBe(true);
        });
    }
  });

  test("begins at the measured state", async () => {
    const net = createNetInference(session(spec, pathAgain(spec), new Float32Array(3)), spec, jackal);
    const { hypotheses } = predicted(await net.predict(seen));
    for (const { X } of hypotheses) expect([...X!.slice(0, 5)]).toEqual([...seen.x]);
  });

  test("of controls alone has no states", async () => {
    const controls = specOf({ predicts: "controls" });
    const { output } = featureSizes(controls);
    const fake = session(controls, new Float32Array(3 * output).fill(0.5), new Float32Array(3));
    const { hypotheses } = predicted(await createNetInference(fake, controls, jackal).predict(seen));
    for (const { X, U } of hypotheses) {
      expect(X).toBeUndefined();
      expect([...U.slice(0, 2)]).toEqual([1, 2]); // half of 2 m/s^2 and of 4 rad/s^2
    }
  });

  test("is fed the same arrays every time", async () => {
    const given: unknown[] = [];
    const fake = session(spec, pathAgain(spec), new Float32Array(3));
    const spy: NetSession = {
      run: (feeds) => {
        given.push(feeds, ...Object.values(feeds).map(({ data }) => data));
        return fake.run(feeds);
      },
    };
    const net = createNetInference(spy, spec, jackal);
    await net.predict(seen);
    await net.predict(seen);
    expect(given).toHaveLength(8);
    for (let i = 0; i < 4; i++) expect(given[i]).toBe(given[4 + i]);
  });
});

describe("a prediction that is no good is a status, never an error", () => {
  const spec = specOf();
  const { target } = featureSizes(spec);

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%d anywhere", async (bad) => {
    for (const at of [0, 1, target, 3 * target - 1]) {
      const numbers = pathAgain(spec);
      numbers[at] = bad;
      const net = createNetInference(session(spec, numbers, new Float32Array(3)), spec, jackal);
      expect(await net.predict(seen)).toMatchObject({ status: "nonFinite", note: /NaN or infinity/ });
    }
    const scores = Float32Array.of(0, bad, 0);
    const net = createNetInference(session(spec, pathAgain(spec), scores), spec, jackal);
    expect(await net.predict(seen)).toMatchObject({ status: "nonFinite" });
  });

  test("positions beyond what the robot can reach: those hypotheses go, and without any it is out of bounds", async () => {
    const numbers = pathAgain(spec);
    const far = (h: number): void => {
      numbers[h * target + 7 * 29] = 9.6 / 3; // the last x; 1.5 * 2 m/s * 3 s + 0.5 m = 9.5 m
    };
    const predict = () =>
      createNetInference(session(spec, numbers, Float32Array.of(3, 2, 1)), spec, jackal).predict(seen);
    far(0);
    expect(predicted(await predict())).toMatchObject({
      dropped: 1,
      hypotheses: [{ score: 2 }, { score: 1 }],
    });
    far(1);
    far(2);
    expect(await predict()).toMatchObject({ status: "outOfBounds", note: /beyond 9.5 m/ });
  });

  test("headings beyond what it can turn", async () => {
    const numbers = pathAgain(spec);
    for (let h = 0; h < 3; h++) numbers[h * target + 7 * 29 + 2] = -10.1; // 1.5 * 2 rad/s * 3 s + 1 rad
    const net = createNetInference(session(spec, numbers, new Float32Array(3)), spec, jackal);
    expect(await net.predict(seen)).toMatchObject({ status: "outOfBounds" });
  });

  test.each(["f1tenth", "omni", "turtlebot3"])("a %s is held to its own reach", async (name) => {
    const robot = getRobot(name);
    const own = createNetSpec(robot, sizesOf(3), SMALL);
    const size = featureSizes(own).target;
    const top = Math.max(...own.speedScale.slice(0, robot.model === "omni" ? 2 : 1));
    const { seen: scene } = blockedRoom(robot);
    const limit = (1.5 * (robot.model === "omni" ? Math.hypot(0.8, 0.8) : top) * 3 + 0.5) / 3;
    for (const [x, status] of [
      [0.99 * limit, "predicted"],
      [1.01 * limit, "outOfBounds"],
    ] as const) {
      const numbers = new Float32Array(3 * size);
      for (let h = 0; h < 3; h++) numbers[h * size] = x;
      const net = createNetInference(session(own, numbers, new Float32Array(3)), own, robot);
      expect((await net.predict(scene)).status).toBe(status);
    }
  });

  test("a session that throws, rejects, or gives something else", async () => {
    const sessions: [NetSession["run"], RegExp][] = [
      [
        () => {
          throw new Error("no memory");
        },
        /the network failed: no memory/,
      ],
      [
        async () => {
          throw new Error("device lost");
        },
        /device lost/,
      ],
      [async () => ({}), /no float32 output "trajectories"/],
      [
        async () => ({ trajectories: { data: new Float32Array(7), shape: [7] } }),
        /trajectories has length 7/,
      ],
      [async () => ({ trajectories: { data: new Uint8Array(3 * target), shape: [] } }), /no float32 output/],
    ];
    for (const [run, note] of sessions) {
      expect(await createNetInference({ run }, spec, jackal).predict(seen)).toMatchObject({
        status: "failed",
        note,
      });
    }
  });

  test("a scene whose state is NaN gives NaN or a failure", async () => {
    const echo: NetSession = {
      run: async ({ bases }) => ({
        trajectories: {
          data: Float32Array.from({ length: 3 * target }, () => (bases.data as Float32Array)[0]),
          shape: [],
        },
        scores: { data: new Float32Array(3), shape: [] },
      }),
    };
    const x = seen.x.slice().fill(Number.NaN);
    const { status } = await createNetInference(echo, spec, jackal).predict({ ...seen, x });
    expect(["nonFinite", "failed"]).toContain(status);
  });

  test("a second question before the first is answered", async () => {
    const net = createNetInference(session(spec, pathAgain(spec), new Float32Array(3)), spec, jackal);
    const first = net.predict(seen);
    expect(await net.predict(seen)).toMatchObject({ status: "busy" });
    expect((await first).status).toBe("predicted");
    expect((await net.predict(seen)).status).toBe("predicted");
  });

  test("a session that hangs: given up after its time, busy until it answers, then asked again", async () => {
    let answer = (): void => {};
    const honest = session(spec, pathAgain(spec), new Float32Array(3));
    const stuck = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const hanging: NetSession = { run: (feeds) => stuck.then(() => honest.run(feeds)) };
    const net = createNetInference(hanging, spec, jackal, 20);
    const note = "the network has not answered for 0.02 s";
    expect(await net.predict(seen)).toEqual({ status: "failed", note });
    expect(await net.predict(seen)).toMatchObject({ status: "busy" });
    answer();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect((await net.predict(seen)).status).toBe("predicted");
  });
});
