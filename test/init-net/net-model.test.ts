import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createGraph,
  type Executor,
  gradients,
  initParameters,
  input,
  layoutParameters,
  type Tensor,
  unpackParameters,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  buildNet,
  createNetSpec,
  featureSizes,
  type LossOptions,
  type NetOptions,
  type NetSpec,
  netLoss,
  netParameters,
  PAPER_NET,
} from "../../src/init-net/index.ts";
import { getRobot } from "../../src/sim/index.ts";

const B = 6;
const SMALL: Partial<NetOptions> = { window: 15, width: 8, heads: 2, layers: 1, features: 8, hidden: 16 };

function specOf(options: Partial<NetOptions>): NetSpec {
  return createNetSpec(getRobot("jackal"), { N: 4, dt: 0.1, lookahead: 3 }, options);
}

/** The network with its loss as one model; feeds of random scenes and targets. */
async function build(options: Partial<NetOptions>, loss: Partial<LossOptions> = {}) {
  const spec = specOf(options);
  const sizes = featureSizes(spec);
  const layout = layoutParameters(netParameters(spec));
  const g = createGraph();
  const shapes: Record<string, number[]> = {
    parameters: [layout.total],
    patches: [B, sizes.tokens, sizes.patch],
    vector: [B, sizes.vector],
    bases: [B, 2, sizes.target],
    target: [B, sizes.target],
  };
  const t: Record<string, Tensor> = {};
  for (const [name, shape] of Object.entries(shapes)) t[name] = input(g, name, shape);
  const outputs = buildNet(
    unpackParameters(t.parameters, layout),
    { patches: t.patches, vector: t.vector, bases: t.bases },
    spec,
  );
  const result = netLoss(outputs, t.target, spec, loss);
  const [gradient] = gradients(result.loss, [t.parameters]);
  const bytes = writeOnnx(g, { loss: result.loss, errors: result.errors, gradient, ...outputs });
  const rng = createRng(4);
  const used = new Set(["parameters", "vector", "target"]);
  if (spec.options.grid) used.add("patches");
  if (spec.options.bases) used.add("bases");
  const data: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    data[name] = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 * rng.gauss());
  }
  data.parameters = initParameters(layout, createRng(1));
  const executor: Executor = await createOrtExecutor(bytes);
  const run = async () => {
    const feeds = Object.fromEntries(
      [...used].map((name) => [name, { data: data[name], shape: shapes[name] }]),
    );
    const out = await executor.run(feeds);
    return Object.fromEntries(Object.entries(out).map(([name, { data: v }]) => [name, v as Float32Array]));
  };
  return { spec, sizes, layout, data, run };
}

describe.each([
  ["the paper's", PAPER_NET],
  ["ours", {}],
  ["one that sees no grid", { grid: false }],
  ["one without bases", { bases: false }],
  ["late fusion, exact softmax", { fusion: "late", map: "softmax", readout: "token" }],
  ["controls in four hypotheses", { predicts: "controls" }],
] as const)("a network, %s", (_name, options) => {
  test("learns six examples by heart", async () => {
    const { run, data } = await build({ ...options, ...SMALL });
    const first = (await run()).loss[0];
    const m = new Float32Array(data.parameters.length);
    const v = new Float32Array(m.length);
    for (let step = 1; step <= 150; step++) {
      const { gradient } = await run();
      for (let i = 0; i < m.length; i++) {
        m[i] = 0.9 * m[i] + 0.1 * gradient[i];
        v[i] = 0.99 * v[i] + 0.01 * gradient[i] ** 2;
        const rate = 0.01 / (1 - 0.9 ** step);
        data.parameters[i] -= (rate * m[i]) / (Math.sqrt(v[i] / (1 - 0.99 ** step)) + 1e-8);
      }
    }
    expect((await run()).loss[0]).toBeLessThan(0.25 * first);
  });
});

test("gradients of the whole network equal differences of its loss", async () => {
  const { run, data, layout } = await build(SMALL);
  const { gradient } = await run();
  const rng = createRng(8);
  let scale = 0;
  for (const g of gradient) scale = Math.max(scale, Math.abs(g));
  for (const { name, offset, size } of layout.entries) {
    // Along a random direction within one tensor, so that float32 differences have something to see.
    const direction = Float32Array.from({ length: size }, () => rng.gauss());
    const start = data.parameters.slice(offset, offset + size);
    const at = async (h: number): Promise<number> => {
      for (let i = 0; i < size; i++) data.parameters[offset + i] = start[i] + h * direction[i];
      return (await run()).loss[0];
    };
    const h = 1e-3;
    const difference = ((await at(h)) - (await at(-h))) / (2 * h);
    data.parameters.set(start, offset);
    const exact = direction.reduce((sum, d, i) => sum + d * gradient[offset + i], 0);
    // Losses are near 10 in float32: their difference is known to about 1e-6 / h; relu has kinks.
    expect(Math.abs(exact - difference), name).toBeLessThan(0.02 * scale * Math.sqrt(size) + 4e-3);
  }
});

test("an untrained network proposes about the mean of its bases", async () => {
  const { run, data, sizes, spec } = await build({ ...SMALL, hidden: 256 });
  const { trajectories } = await run();
  let off = 0;
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < spec.options.hypotheses; h++) {
      for (let i = 0; i < sizes.target; i++) {
        const mean =
          0.5 * (data.bases[2 * b * sizes.target + i] + data.bases[(2 * b + 1) * sizes.target + i]);
        const at = (b * spec.options.hypotheses + h) * sizes.target + i;
        off += (trajectories[at] - mean) ** 2 / trajectories.length;
      }
    }
  }
  expect(Math.sqrt(off)).toBeLessThan(0.35);
});

test("the winner takes all: the loss is the mean of the least errors, the others count little", async () => {
  const { run, spec } = await build(SMALL, { spread: 0.1, score: 0 });
  const { loss, errors } = await run();
  const H = spec.options.hypotheses;
  let best = 0;
  let all = 0;
  for (let b = 0; b < B; b++) {
    const row = Array.from(errors.subarray(b * H, (b + 1) * H));
    best += Math.min(...row) / B;
    all += row.reduce((a, c) => a + c, 0) / (B * H);
  }
  expect(loss[0]).toBeCloseTo(0.9 * best + 0.1 * all, 4);
});

test("the score's part of the loss is the cross-entropy with the winner", async () => {
  const { run: plain } = await build(SMALL, { score: 0 });
  const { run: scored, spec } = await build(SMALL, { score: 1 });
  const [a, b] = [await plain(), await scored()];
  const H = spec.options.hypotheses;
  let entropy = 0;
  for (let i = 0; i < B; i++) {
    const errors = Array.from(b.errors.subarray(i * H, (i + 1) * H));
    const scores = Array.from(b.scores.subarray(i * H, (i + 1) * H));
    const winner = errors.indexOf(Math.min(...errors));
    const sum = scores.reduce((s, v) => s + Math.exp(v), 0);
    entropy -= Math.log(Math.exp(scores[winner]) / sum) / B;
  }
  expect(b.loss[0] - a.loss[0]).toBeCloseTo(entropy, 4);
});

test("the squared loss is the mean squared error of the paper", async () => {
  const { run, data, spec, sizes } = await build({ ...PAPER_NET, ...SMALL }, { kind: "squared" });
  const { loss, trajectories } = await run();
  const { nx, nu, N } = spec;
  let sum = 0;
  for (let b = 0; b < B; b++)
    for (let k = 0; k < N; k++)
      for (let i = 0; i < nu; i++) {
        const wanted = data.target[b * sizes.target + k * (nx + nu) + nx + i];
        sum += (trajectories[(b * N + k) * nu + i] - wanted) ** 2;
      }
  expect(loss[0]).toBeCloseTo(sum / (B * N * nu), 5);
});
