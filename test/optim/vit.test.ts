import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createSyntheticDigits,
  createVit,
  type DigitSet,
  digitBatch,
  getOptimizee,
  type Optimizee,
  poolDigits,
  sliceDigits,
  type VitReadout,
} from "../../src/optim/index.ts";
import { getOptimizer } from "../../src/rules/index.ts";
import { optimize, withOptimizee } from "./run-optimizee.ts";

const DIGITS = createSyntheticDigits(300, createRng(1));

beforeAll(async () => {
  await tf.setBackend("cpu");
});

type Sizes = { patch: number; layers: number; width: number; heads: number; readout: VitReadout };

/** The same network written again with tfjs, on images (B, side, side). */
function tfLoss(
  flat: tf.Tensor,
  { layout }: Optimizee,
  images: Float32Array,
  labels: Float32Array,
  side: number,
  s: Sizes,
): tf.Scalar {
  const p = (name: string): tf.Tensor => {
    const { offset, size, shape } = layout.entries.find((entry) => entry.name === name)!;
    return flat.slice([offset], [size]).reshape([...shape]);
  };
  const B = labels.length / 10;
  const T = (side / s.patch) ** 2;
  // Patches by plain indices: (token, pixel) of the image's (row, column).
  const cut = new Float32Array(images.length);
  for (let b = 0; b < B; b++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const token = Math.floor(y / s.patch) * (side / s.patch) + Math.floor(x / s.patch);
        const pixel = (y % s.patch) * s.patch + (x % s.patch);
        cut[(b * T + token) * s.patch ** 2 + pixel] = images[(b * side + y) * side + x];
      }
  const linear = (x: tf.Tensor, name: string): tf.Tensor => {
    const w = p(`${name}.w`);
    const rows = x.reshape([-1, w.shape[0]]);
    return tf.matMul(rows as tf.Tensor2D, w as tf.Tensor2D).add(p(`${name}.b`)).reshape([...x.shape.slice(0, -1), w.shape[1]!]); // biome-ignore format: one formula
  };
  const norm = (x: tf.Tensor, name: string): tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x
      .sub(mean)
      .div(variance.add(1e-5).sqrt())
      .mul(p(`${name}.gain`))
      .add(p(`${name}.bias`));
  };
  let x = linear(tf.tensor(cut, [B, T, s.patch ** 2]), "patch");
  if (s.readout === "token") x = tf.concat([tf.tile(p("token").reshape([1, 1, -1]), [B, 1, 1]), x], 1);
  x = x.add(p("position"));
  const n = s.width / s.heads;
  for (let l = 0; l < s.layers; l++) {
    const h = norm(x, `layer.${l}.norm.0`);
    const [q, k, v] = ["query", "key", "value"].map((part) => linear(h, `layer.${l}.${part}`));
    const heads = Array.from({ length: s.heads }, (_, head) => {
      const of = (t: tf.Tensor) => t.slice([0, 0, head * n], [-1, -1, n]) as tf.Tensor3D;
      const weights = tf.softmax(tf.matMul(of(q), of(k), false, true).div(Math.sqrt(n)), -1) as tf.Tensor3D;
      return tf.matMul(weights, of(v));
    });
    x = x.add(linear(tf.concat(heads, 2), `layer.${l}.out`));
    const m = linear(norm(x, `layer.${l}.norm.1`), `layer.${l}.mlp.0`);
    const gelu = m.mul(0.5).mul(m.div(Math.SQRT2).erf().add(1));
    x = x.add(linear(gelu, `layer.${l}.mlp.1`));
  }
  x = norm(x, "norm");
  const read = s.readout === "token" ? x.slice([0, 0, 0], [-1, 1, -1]).reshape([B, s.width]) : x.mean(1);
  return tf.losses.softmaxCrossEntropy(tf.tensor2d(labels, [B, 10]), linear(read, "head")) as tf.Scalar;
}

describe("a Vision Transformer", () => {
  test.each<Sizes>([
    { patch: 7, layers: 2, width: 6, heads: 2, readout: "mean" },
    { patch: 7, layers: 1, width: 4, heads: 1, readout: "token" },
  ])("has the loss and the gradient of tfjs: %j", async (sizes) => {
    const small = poolDigits(DIGITS, 2);
    const vit = createVit({ digits: small, batch: 3, mlp: 2, ...sizes });
    const rng = createRng(4);
    const params = vit.init(rng).map((p) => p + 0.1 * rng.gauss());
    const inputs = digitBatch(small, [3, 70, 299]);
    const { data: image } = inputs.image;
    const { data: label } = inputs.label;
    const flat = tf.tensor1d(params);
    const { value, grad } = tf.valueAndGrad((w: tf.Tensor) =>
      tfLoss(w, vit, image as Float32Array, label as Float32Array, 14, sizes),
    )(flat);
    const [expected, expectedGrads] = [(await value.data())[0], await grad.data()];
    const size = Math.max(...expectedGrads.map(Math.abs));
    expect(size).toBeGreaterThan(0.05);
    await withOptimizee(vit, async (evaluate) => {
      const { loss, grads } = await evaluate(params, inputs);
      expect(loss).toBeCloseTo(expected, 5);
      // float32 on both sides, sums of up to 49 terms, a few layers deep.
      grads.forEach((g, i) => {
        expect(Math.abs(g - expectedGrads[i])).toBeLessThan(1e-4 * size);
      });
    });
  });

  test("with many random features computes what exact attention computes", async () => {
    const options = { digits: DIGITS, batch: 4, layers: 1 };
    const exact = createVit(options);
    const params = exact.init(createRng(2));
    // Short queries and keys: the features' variance grows with exp(|q + k|^2).
    for (const { name, offset, size } of exact.layout.entries)
      if (/query|key/.test(name)) for (let i = offset; i < offset + size; i++) params[i] *= 0.5;
    const inputs = digitBatch(DIGITS, [0, 1, 2, 3]);
    const lossOf = (vit: Optimizee) => withOptimizee(vit, async (run) => (await run(params, inputs)).loss);
    const expected = await lossOf(exact);
    const near = Math.abs((await lossOf(createVit({ ...options, attention: "hf+", features: 2000 }))) - expected); // biome-ignore format: one line
    const far = Math.abs((await lossOf(createVit({ ...options, attention: "hf+", features: 2 }))) - expected);
    expect(near).toBeLessThan(2e-3);
    expect(near).toBeLessThan(far / 2);
  });

  test("learns synthetic digits that it has not seen", async () => {
    const vit = createVit({ digits: createSyntheticDigits(2000, createRng(1)), batch: 32, layers: 1 });
    const adam = getOptimizer("adam", { learningRate: 0.01 });
    const { losses, params } = await optimize(vit, adam, 250, createRng(3));
    expect(losses[0]).toBeGreaterThan(2);
    const unseen = createSyntheticDigits(200, createRng(2));
    const judge = createVit({ digits: unseen, batch: 200, layers: 1 });
    const loss = await withOptimizee(judge, async (evaluate) => {
      const all = digitBatch(unseen, [...Array(200).keys()]);
      return (await evaluate(params, all)).loss;
    });
    expect(loss).toBeLessThan(0.7);
  });

  test("of the registry has 3 layers of width 16 and takes another batch", () => {
    const vit = getOptimizee("vit-3x16", DIGITS, { batch: 5 });
    expect(vit.layout.total).toBe(11_098);
    expect(vit.batch.map(({ shape }) => shape)).toEqual([
      [5, 784],
      [5, 10],
    ]);
    expect(getOptimizee("mlp-1x20", DIGITS, { batch: 5 }).batch[0].shape).toEqual([5, 784]);
  });

  test.each([
    [{ patch: 5 }, "patch is 5 pixels, expected a divisor of the images' sides, 28 and 28"],
    [{ width: 15 }, "width is 15, expected a multiple of heads = 2"],
    [{ layers: 0 }, "layers is 0, expected an integer >= 1"],
    [{ mlp: 1.5 }, "mlp is 1.5"],
    [{ readout: "max" }, 'readout is "max", expected mean or token'],
    [{ attention: "performer" }, 'feature map kind is "performer"'],
    [{ attention: "hf+", features: 3 }, "features is 3, expected an even number"],
    [{ featureSeed: Number.NaN }, "featureSeed is NaN"],
    [{ digits: { ...DIGITS, count: 3 } }, "images has length"],
  ])("is refused with an illegal option, case %#", (options, message) => {
    expect(() => createVit({ digits: DIGITS, ...options } as never)).toThrow(message);
  });
});

describe("pooled digits", () => {
  test("have the rounded mean of each square, and the same labels", () => {
    const set: DigitSet = {
      count: 2,
      height: 2,
      width: 4,
      images: Uint8Array.of(0, 255, 1, 1, 0, 255, 1, 2, 7, 7, 9, 9, 7, 7, 9, 9),
      labels: Uint8Array.of(3, 1),
      classes: 10,
    };
    const pooled = poolDigits(set, 2);
    expect([pooled.height, pooled.width, pooled.count]).toEqual([1, 2, 2]);
    expect([...pooled.images]).toEqual([128, 1, 7, 9]);
    expect([...pooled.labels]).toEqual([3, 1]);
    expect([...set.images.subarray(0, 2)]).toEqual([0, 255]);
  });

  test("of 28 x 28 keep the mean brightness in 14 x 14 and 7 x 7", () => {
    const mean = ({ images }: DigitSet): number => images.reduce((sum, v) => sum + v, 0) / images.length;
    for (const [factor, side] of [
      [2, 14],
      [4, 7],
    ]) {
      const pooled = poolDigits(DIGITS, factor);
      expect([pooled.height, pooled.width]).toEqual([side, side]);
      // Rounding is half a grey level at most, and does not lean to one side.
      expect(Math.abs(mean(pooled) - mean(DIGITS))).toBeLessThan(0.1);
    }
    expect(poolDigits(DIGITS, 1).images).toEqual(DIGITS.images);
  });

  test.each([0, 3, 1.5, Number.NaN, 56])("are refused with factor %d", (factor) => {
    expect(() => poolDigits(DIGITS, factor)).toThrow(`factor is ${factor}, expected`);
  });
});

describe("a part of a digit set", () => {
  test("has the images and labels of its range", () => {
    const part = sliceDigits(DIGITS, 10, 13);
    expect(part.count).toBe(3);
    expect([...part.labels]).toEqual([...DIGITS.labels.subarray(10, 13)]);
    expect(digitBatch(part, [2]).image.data).toEqual(digitBatch(DIGITS, [12]).image.data);
  });

  test.each([
    [3, 3],
    [-1, 4],
    [0, 301],
    [0, 1.5],
  ])("%d..%d is refused", (from, to) => {
    expect(() => sliceDigits(DIGITS, from, to)).toThrow(`range of images is ${from}..${to}`);
  });
});
