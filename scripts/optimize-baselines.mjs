// Measures tuned baselines of optimizers and gathers them in one file. Needs the images: `mnemosyne download`.
//
//     node scripts/optimize-baselines.mjs [FOLDER [FILE.json]]
//
// FOLDER (runs/baselines) keeps every run: the same command goes on where it ended. About two hours on one core.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.MNEMOSYNE ?? fileURLToPath(new URL("../bin/mnemosyne.mjs", import.meta.url));
const [folder = "runs/baselines", file = "docs/optimize-baselines.json"] = process.argv.slice(2);

// Every rate with one seed, then the best three per horizon with five: the others are far from the best.
const ADAM = ["--optimizers", "adam", "--tune", "--narrow", "3"];
const MLP = [...ADAM, "--steps", "2000", "--horizons", "100,500,2000", "--data", "mnist"];
const VIT = [...ADAM, "--steps", "500", "--horizons", "100,500", "--optimizee", "vit-3x16"];
const MEASUREMENTS = {
  "mlp-1x20": ["--optimizee", "mlp-1x20", ...MLP],
  "vit-3x16-mnist": [...VIT, "--data", "mnist"],
  "vit-3x16-fashion-mnist": [...VIT, "--data", "fashion-mnist"],
  "mlp-2x20": ["--optimizee", "mlp-2x20", ...MLP],
  "mlp-1x40": ["--optimizee", "mlp-1x40", ...MLP],
  "mlp-1x20-relu": ["--optimizee", "mlp-1x20-relu", ...MLP],
  "mlp-1x20-others": ["--optimizee", "mlp-1x20", ...MLP, "--optimizers", "rmsprop,sgd"],
};

/** Without the curves of every step, which are in the folder. */
function shortened({ rows, files, wall_s, ...result }) {
  return { ...result, rows: rows.map(({ curve, ...row }) => row) };
}

/** What was measured before and is not measured again yet. */
const baselines = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).baselines : {};
for (const [name, flags] of Object.entries(MEASUREMENTS)) {
  const out = join(folder, name);
  const args = ["optimize", ...flags, "--threads", "1", "--out", out];
  process.stderr.write(`mnemosyne ${args.join(" ")}\n`);
  const { status } = spawnSync(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) process.exit(1);
  const command = `mnemosyne ${["optimize", ...flags].join(" ")}`;
  baselines[name] = { command, ...shortened(JSON.parse(readFileSync(join(out, "optimize.json"), "utf8"))) };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ baselines }, null, 1)}\n`);
}
