// `node scripts/experiment.mjs NAME [--data FOLDER] [--work FOLDER]`: one of the experiments with learned optimizers,
// from meta-training to the picture in docs/figures and the figures in docs/experiments. Goes on where it stopped.
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureReady, ROOT } from "./ensure.mjs";
import { reportFailure } from "./say.mjs";

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
    "FAVOR++, rho 0.5": { map: "favor++", rho: "0.5" },
    "HF++, rho 0.5": { map: "hf++", rho: "0.5" },
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
        optimizers: "mnemosyne-light,mnemosyne-light-long,lstm,adam:0.03",
        steps: "10000",
        seeds: "1",
        threads: "1",
        "log-x": true,
      },
    },
  ],
};

/** A small warm-start network by Adam at several rates and by a learned optimizer; needs --data with scenes. */
const WARM_START = {
  same: {
    preset: "mnemosyne",
    width: "32",
    hidden: "128",
    steps: "400",
    batch: "64",
    "validate-steps": "100",
    scenes: "60",
    seed: "1",
    threads: "1",
  },
  variants: {
    "adam 3e-4": { optimizer: "adam", lr: "0.0003" },
    "adam 3e-3": { optimizer: "adam", lr: "0.003" },
    "adam 6e-3": { optimizer: "adam", lr: "0.006" },
    "adam 1e-2": { optimizer: "adam", lr: "0.01" },
    "mnemosyne-light": { optimizer: "mnemosyne-light" },
  },
};

const NAMES = [...Object.keys(VARIANTS), ...Object.keys(COMPARISONS), "warm-start"];

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

/** Where pictures and figures go. */
function docs() {
  const folders = { figures: join(ROOT, "docs", "figures"), results: join(ROOT, "docs", "experiments") };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  return folders;
}

/** Curves and figures of one comparison, into docs. */
async function compare(name, flags, work) {
  const out = join(work, name);
  await run("optimize", { ...flags, out });
  const { figures, results } = docs();
  copyFileSync(join(out, "curves.svg"), join(figures, `optimize-${name}.svg`));
  const { rows, ...rest } = JSON.parse(readFileSync(join(out, "optimize.json"), "utf8"));
  const short = { ...rest, rows: rows.map(({ curve, ...row }) => row) }; // the loss of every step is in the picture
  writeFileSync(join(results, `optimize-${name}.json`), `${JSON.stringify(short, null, 1)}\n`);
}

/** Trains every variant, then draws held-out loss and QPs per scene over the updates. */
async function warmStart(work, data) {
  const rows = [];
  for (const [name, change] of Object.entries(WARM_START.variants)) {
    const out = join(work, "warm-start", fileName(name));
    if (!existsSync(join(out, "card.md")))
      await run("train", { ...WARM_START.same, ...change, data, out, resume: true });
    const log = readFileSync(join(out, "log.jsonl"), "utf8").trim().split("\n");
    const validations = log.map((line) => JSON.parse(line)).filter(({ type }) => type === "validation");
    rows.push({
      name,
      validations: validations.map(({ step, figures, quality }) => ({ step, loss: figures.loss, quality })),
    });
  }
  const { CHART_COLOURS, renderCharts } = await import("../dist/plot/index.js");
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const chart = (title, yLabel, value) => ({
    title,
    xLabel: "updates",
    yLabel,
    names: "ends",
    series: rows.map((row, i) => ({
      name: row.name,
      colour: CHART_COLOURS[i],
      points: row.validations.map((validation) => [validation.step, value(validation)]),
    })),
  });
  const picture = renderCharts("A small warm-start network, one seed", [
    chart("Held-out loss", "loss", ({ loss }) => loss),
    chart("QPs until converged", "mean over kinds of scenes", ({ quality }) =>
      mean(Object.values(quality).map(({ net }) => net.qps)),
    ),
  ]);
  const { figures, results } = docs();
  writeFileSync(join(figures, "optimize-warm-start.svg"), picture);
  writeFileSync(
    join(results, "optimize-warm-start.json"),
    `${JSON.stringify({ ...WARM_START, rows }, null, 1)}\n`,
  );
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: "string" }, work: { type: "string", default: "runs/experiments" } },
  });
  const [name] = positionals;
  if (!NAMES.includes(name) || positionals.length !== 1)
    throw new Error(`experiment is "${positionals.join(" ")}", expected one of ${NAMES.join(", ")}`);
  await ensureReady(ROOT, { need: "run" });
  const work = resolve(values.work);
  if (name === "warm-start") await warmStart(work, values.data);
  else if (Object.hasOwn(VARIANTS, name)) {
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
