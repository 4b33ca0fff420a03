import { allFinite, checkLength, messageOf } from "../base/index.ts";
import type { TensorData } from "../graph/index.ts";
import { fastestState, linearSpeed, type Robot, robotBounds, robotSizes, yawRate } from "../sim/index.ts";
import { fillPatches } from "./feature-batch.ts";
import { checkFit } from "./net-fit.ts";
import { featureSizes, type NavigationSizes, type NetScene, type NetSpec } from "./net-spec.ts";
import { createFeatureWriter } from "./scene-features.ts";

/**
 * Whatever runs the network: onnxruntime-node, onnxruntime-web, an `Executor` of `src/graph`. It is given the
 * same input arrays every time and need not have read them before its promise settles.
 */
export type NetSession = {
  run(feeds: Readonly<Record<string, TensorData>>): Promise<Readonly<Record<string, TensorData>>>;
};

/** A proposed trajectory: controls (N, nu) within their bounds; states (N + 1, nx) where they are predicted. */
export type NetHypothesis = {
  readonly X?: Float64Array;
  readonly U: Float64Array;
  /** The network's trust in it; comparable within one prediction only. */
  readonly score: number;
};

/** What came out of asking the network. */
export type NetPrediction =
  | {
      readonly status: "predicted";
      /** At least one, highest score first. */
      readonly hypotheses: readonly NetHypothesis[];
      /** Hypotheses left out for being out of bounds. */
      readonly dropped: number;
    }
  | {
      /**
       * `nonFinite` NaN or infinity came out; `outOfBounds` every hypothesis goes where the robot cannot;
       * `busy` the last prediction is still under way; `failed` the session threw, gave something else, or has
       * not answered in all its time.
       */
      readonly status: "nonFinite" | "outOfBounds" | "busy" | "failed";
      /** For people. */
      readonly note: string;
    };

/** Predicts trajectories of scenes; one at a time. */
export type NetInference = {
  readonly spec: NetSpec;
  /** @throws ConfigError naming everything in which the network is for something else; see `netMisfits` */
  checkFit?(robot: Robot, sizes: NavigationSizes): void;
  /** Never throws or rejects: what goes wrong is a status. */
  predict(scene: NetScene): Promise<NetPrediction>;
};

/** Names of a network's inputs and outputs. */
export const NET_INPUTS = ["patches", "vector", "bases"] as const;
export const NET_OUTPUTS = ["trajectories", "scores"] as const;

/** Shapes of a network's inputs and outputs for one scene. */
export function netShapes(
  spec: NetSpec,
): Readonly<Record<(typeof NET_INPUTS)[number] | (typeof NET_OUTPUTS)[number], readonly number[]>> {
  const sizes = featureSizes(spec);
  const { hypotheses } = spec.options;
  return {
    patches: [1, sizes.tokens, sizes.patch],
    vector: [1, sizes.vector],
    bases: [1, sizes.bases / sizes.target, sizes.target],
    trajectories: [1, hypotheses, sizes.output],
    scores: [1, hypotheses],
  };
}

/** Arrays for what a network reads of one scene, as it is fed, zeros at first; and what fills them. */
export function createSceneInputs(spec: NetSpec) {
  const shapes = netShapes(spec);
  const zeros = (shape: readonly number[]) => ({
    data: new Float32Array(shape.reduce((size, n) => size * n, 1)),
    shape,
  });
  const feeds = {
    patches: zeros(shapes.patches),
    vector: zeros(shapes.vector),
    bases: zeros(shapes.bases),
  };
  const writer = createFeatureWriter(spec);
  const grid = new Uint8Array(featureSizes(spec).grid);
  return {
    feeds,
    write(scene: NetScene): void {
      writer.write(scene, grid, feeds.vector.data, feeds.bases.data);
      if (spec.options.grid) fillPatches(spec, grid, 0, feeds.patches.data, 0);
    },
  };
}

/** A session that takes longer than this hangs: a thousand times what a prediction takes. [ms] */
const PATIENCE_MS = 10_000;

/**
 * Makes a session predict trajectories: features into input arrays that are kept, one run, decoding, checks.
 *
 * @param session runs a network of this specification, see {@link netShapes}; of one for any robot that of `specFor`
 * @param robot whose reach predictions are checked against
 * @param patienceMs a run that takes longer is given up, so that who waits in simulated time goes on [ms]
 * @throws ConfigError for another robot than the network was made for
 */
export function createNetInference(
  session: NetSession,
  spec: NetSpec,
  robot: Robot,
  patienceMs = PATIENCE_MS,
): NetInference {
  checkFit(spec, robot, spec);
  const sizes = featureSizes(spec);
  const { hypotheses: H } = spec.options;
  const writer = createFeatureWriter(spec);
  const inputs = createSceneInputs(spec);
  const reach = reachOf(robot, spec);
  let busy = false;

  const ask = async (scene: NetScene): Promise<NetPrediction> => {
    inputs.write(scene);
    const outputs = await session.run(inputs.feeds);
    const trajectories = floats(outputs, "trajectories", H * sizes.output);
    const scores = floats(outputs, "scores", H);
    if (!(allFinite(trajectories) && allFinite(scores)))
      return { status: "nonFinite", note: "the network's prediction holds NaN or infinity" };
    const hypotheses: NetHypothesis[] = [];
    for (let h = 0; h < H; h++) {
      const { X, U } = writer.decode(scene.x, trajectories, h * sizes.output);
      if (X === undefined || reach.keep(scene.x, X)) hypotheses.push({ X, U, score: scores[h] });
    }
    if (hypotheses.length === 0)
      return {
        status: "outOfBounds",
        note: `the network's prediction goes where the robot cannot, beyond ${reach.distance.toFixed(1)} m`,
      };
    hypotheses.sort((a, b) => b.score - a.score);
    return { status: "predicted", hypotheses, dropped: H - hypotheses.length };
  };

  return {
    spec,
    checkFit: (other, problem) => checkFit(spec, other, problem),
    async predict(scene) {
      if (busy) return { status: "busy", note: "the network's last prediction is still under way" };
      busy = true;
      const answer = ask(scene)
        .catch((error: unknown): NetPrediction => {
          const message = messageOf(error);
          return { status: "failed", note: `the network failed: ${message}` };
        })
        .finally(() => {
          busy = false; // after silence, too: until then the session may read its inputs
        });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<NetPrediction>((resolve) => {
        const note = `the network has not answered for ${patienceMs / 1000} s`;
        timer = setTimeout(() => resolve({ status: "failed", note }), patienceMs);
      });
      const prediction = await Promise.race([answer, silence]);
      clearTimeout(timer);
      return prediction;
    },
  };
}

/** Predictions may overshoot what the robot can do by this factor, and by these. [m] and [rad] */
const TOLERANCE = { factor: 1.5, position: 0.5, yaw: 1 } as const;

/** How far a robot gets within the horizon, generously. */
function reachOf(robot: Robot, { N, dt }: NetSpec) {
  const { nx } = robotSizes(robot);
  const { boxIndex, xLower, xUpper } = robotBounds(robot);
  const fastest = fastestState(robot);
  const distance = TOLERANCE.factor * linearSpeed(robot, fastest) * N * dt + TOLERANCE.position;
  const turn = TOLERANCE.factor * yawRate(robot, fastest) * N * dt + TOLERANCE.yaw;
  return {
    /** [m] */
    distance,
    /** Whether all poses are within reach of x0; clips the speeds of X to their limits. */
    keep(x0: Float64Array, X: Float64Array): boolean {
      for (let k = 1; k <= N; k++) {
        const at = k * nx;
        if (!(Math.hypot(X[at] - x0[0], X[at + 1] - x0[1]) <= distance)) return false;
        if (!(Math.abs(X[at + 2] - x0[2]) <= turn)) return false;
        for (let j = 0; j < boxIndex.length; j++) {
          const i = at + boxIndex[j];
          X[i] = Math.min(xUpper[j], Math.max(xLower[j], X[i]));
        }
      }
      return true;
    },
  };
}

function floats(outputs: Readonly<Record<string, TensorData>>, name: string, length: number): Float32Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`it gave no float32 output "${name}"`);
  checkLength(name, data.length, length, "the specification's");
  return data;
}
