import type { DigitSet } from "../digits/digit-set.ts";
import { createAutoencoder } from "../optimizees/autoencoder.ts";
import { createMlp, type MlpOptions } from "../optimizees/mlp.ts";
import type { Optimizee } from "../optimizees/optimizee.ts";
import { createVit } from "../optimizees/vit.ts";

/** A small problem that magnitudes are meta-trained on, in whole runs of fixed lengths. */
export type BankTask = {
  readonly name: string;
  readonly data: "mnist" | "fashion-mnist";
  /** Side of the squares of pixels whose mean is one pixel. */
  readonly pool: number;
  /** Images per step. */
  readonly batch: number;
  readonly horizons: readonly number[];
  create(digits: DigitSet, batch: number): Optimizee;
};

const mlp = (options: Omit<MlpOptions, "digits" | "batch">): BankTask["create"] => {
  return (digits, batch) => createMlp({ ...options, digits, batch });
};
const relu = (...hidden: number[]) => mlp({ hidden, activation: "relu", gain: Math.SQRT2 });
const [mnist, fashion] = ["mnist", "fashion-mnist"] as const;

/**
 * Perceptrons of several depths, widths and activations, logistic regression, autoencoders and a transformer, 970 to 13,000
 * parameters, on images of 7 and 14 pixels. None of them is among the optimizees that results are reported on.
 */
export const TASK_BANK: readonly BankTask[] = [
  {
    name: "sigmoid-20",
    data: mnist,
    pool: 2,
    batch: 64,
    horizons: [60, 160, 400],
    create: mlp({ hidden: [20] }),
  },
  { name: "relu-64", data: mnist, pool: 2, batch: 64, horizons: [100, 250], create: relu(64) },
  { name: "relu-48-32", data: fashion, pool: 2, batch: 64, horizons: [60, 200, 500], create: mlp({ hidden: [48, 32], activation: "relu" }) }, // biome-ignore format: one line
  { name: "relu-3x32", data: mnist, pool: 4, batch: 64, horizons: [80, 300], create: relu(32, 32, 32) },
  { name: "relu-16", data: fashion, pool: 4, batch: 32, horizons: [120, 350], create: mlp({ hidden: [16], activation: "relu" }) }, // biome-ignore format: one line
  { name: "tanh-3x32", data: fashion, pool: 4, batch: 64, horizons: [60, 180, 500], create: mlp({ hidden: [32, 32, 32], activation: "tanh" }) }, // biome-ignore format: one line
  { name: "softmax", data: fashion, pool: 2, batch: 64, horizons: [70, 300], create: mlp({ hidden: [] }) },
  {
    name: "autoencoder",
    data: mnist,
    pool: 2,
    batch: 32,
    horizons: [100, 350],
    create: (digits, batch) => createAutoencoder({ digits, batch, hidden: [32] }),
  },
  {
    name: "autoencoder-tanh",
    data: fashion,
    pool: 4,
    batch: 64,
    horizons: [60, 240],
    create: (digits, batch) => createAutoencoder({ digits, batch, hidden: [32], activation: "tanh" }),
  },
  { name: "vit-1", data: mnist, pool: 2, batch: 32, horizons: [60, 150], create: (digits, batch) => createVit({ digits, batch, layers: 1 }) }, // biome-ignore format: one line
];
