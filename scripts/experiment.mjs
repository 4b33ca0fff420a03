// `node scripts/experiment.mjs NAME [--data FOLDER] [--work FOLDER]`: one of the experiments with learned optimizers,
// from meta-training to the picture in docs/figures and the figures in docs/experiments. Goes on where it stopped.
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureReady, ROOT, reportFailure } from "./ensure.mjs";

const CLI = join(ROOT, "bin", "mnemosyne.mjs");

/** Short meta-training, the same for every variant: small images, so that one takes minutes. */
const SHORT = {
  design: "mnemosyne-light",
  optimizees: "mlp-1x20@2,mlp-1x20@4,mlp-1x20@4,mlp-1x20@4",
  coordinates: "512",
  objective: "log-loss",
  "last-run-length": "400",
  rate: "0.001",
  "validate-on": "mlp-1x20@4",
  steps: "200",
  seed: "1",
};
/** What the variants are compared on: starts, batches and images that none has seen. */
const COMPARED = { optimizee: "mlp-1x20", pool: "2", steps: "500", seeds: "3", "log-x": true };

/** Variants of the short meta-training: what differs from it. */
const VARIANTS = {
  losses: {
    "both losses": {},
    "meta loss alone": { imitation: "0" },
    "imitation alone": { objective: "none" },
  },
  inputs: {
    "memory, log": {},
    "memory, moments": { inputs: "moments" },
    "LSTM, log": { design: "lstm" },
    "LSTM, moments": { design: "lstm", inputs: "moments" },
  },
  maps: {
    "HF+": {},
    "FAVOR+": { map: "favor+" },
    "FAVOR++ thickened": { map: "favor++", rho: "data", slices: "16" },
    "HF++ thickened": { map: "hf++", rho: "data", slices: "16" },
  },
  taus: {
    "tau 0": { taus: "0" },
    "tau 0.03": { taus: "0.03" },
    "tau 0.1": {},
    "tau 0.5": { taus: "0.5" },
  },
  features: {
    "r = 4": { features: "4" },
    "r = 16": {},
    "r = 64": { features: "64" },
  },
  depth: {
    "1 cell": {},
    "2 cells": { taus: "0.1,0.1" },
    "3 cells": { taus: "0.1,0.1,0.1" },
  },
  caches: {
    "memory, r = 16": {},
    "cache of 10": { map: "cache", features: "10" },
    "cache of 30": { map: "cache", features: "30" },
    "cache of 100": { map: "cache", features: "100" },
  },
};

const LEARNED = "mnemosyne,mnemosyne-light,mnemosyne-light-long,lstm";
/**
 * The shipped optimizers against Adam at the teacher's rate and Adam with its rate tuned for each horizon on held-out
 * training images: every rate of the grid with one start, the best of each horizon with more.
 */
const AGAINST_ADAM = { optimizers: `${LEARNED},adam:0.03,adam`, tune: true, threads: "1", "log-x": true };
const mlp = (optimizee, flags) => ({
  name: optimizee,
  flags: { ...AGAINST_ADAM, optimizee, narrow: "3", ...flags },
});
const vit = (data) => ({
  name: `vit-${data}`,
  flags: {
    ...AGAINST_ADAM,
    optimizee: "vit-3x16",
    data,
    rates: "0.001:0.03:5",
    narrow: "2",
    "tune-seeds": "2",
    steps: "500",
    horizons: "100,500",
    seeds: "2",
  },
});
const SHORTER = { "tune-seeds": "3", steps: "500", horizons: "100,500", seeds: "3" };
const COMPARISONS = {
  mlps: [
    mlp("mlp-1x20", { steps: "2000", horizons: "100,500,2000", seeds: "5" }),
    mlp("mlp-2x20", SHORTER),
    mlp("mlp-1x40", SHORTER),
    mlp("mlp-1x20-relu", SHORTER),
  ],
  vit: [vit("mnist"), vit("fashion-mnist")],
  long: [
    {
      name: "long",
      flags: {
        optimizee: "mlp-1x20",
        optimizers: `${LEARNED},adam:0.03`,
        steps: "10000",
        seeds: "2",
        threads: "1",
        "log-x": true,
      },
    },
  ],
};

const NAMES = [...Object.keys(VARIANTS), ...Object.keys(COMPARISONS)];

/** Runs a verb; its progress goes to the terminal. */
function run(verb, flags) {
  const args = [CLI, verb];
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false) continue;
    args.push(`--${name}`);
    if (value !== true) args.push(value);
  }
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", failed);
    child.on("exit", (code) =>
      code === 0 ? done() : failed(new Error(`${verb} ended with ${code}: ${args.slice(1).join(" ")}`)),
    );
  });
}

const fileName = (label) => label.replaceAll(/[^A-Za-z0-9+.]+/g, "-");

/** Trains a variant where it is not there yet. Returns its file, named as it is called in the picture. */
async function trainVariant(experiment, label, change, work, data) {
  const variant = fileName(Object.entries(change).flat().join("-")) || "base";
  const out = join(work, "variants", variant);
  const done = join(out, "done");
  if (!existsSync(done)) {
    await run("meta-train", { ...SHORT, ...change, data, out, resume: true });
    writeFileSync(done, "");
  }
  const folder = join(work, experiment);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${fileName(label)}.mnos`);
  copyFileSync(join(out, "optimizer.mnos"), file);
  return file;
}

/** Curves and figures of one comparison, into docs. */
async function compare(name, flags, work) {
  const out = join(work, name);
  await run("optimize", { ...flags, out });
  const figures = join(ROOT, "docs", "figures");
  const results = join(ROOT, "docs", "experiments");
  for (const folder of [figures, results]) mkdirSync(folder, { recursive: true });
  copyFileSync(join(out, "curves.svg"), join(figures, `optimize-${name}.svg`));
  writeFileSync(join(results, `optimize-${name}.json`), readFileSync(join(out, "optimize.json")));
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: "string" }, work: { type: "string", default: "runs/experiments" } },
  });
  const [name] = positionals;
  if (!NAMES.includes(name) || positionals.length !== 1)
    throw new Error(`experiment is "${positionals.join(" ")}", expected one of ${NAMES.join(", ")}`);
  await ensureReady(ROOT);
  const work = resolve(values.work);
  if (Object.hasOwn(VARIANTS, name)) {
    const files = [];
    for (const [label, change] of Object.entries(VARIANTS[name]))
      files.push(await trainVariant(name, label, change, work, values.data));
    await compare(name, { ...COMPARED, data: values.data, optimizers: files.join(",") }, work);
  } else {
    for (const { name: part, flags } of COMPARISONS[name])
      await compare(part, { ...flags, data: flags.data ?? values.data }, work);
  }
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
