// node scripts/ablate-planner.mjs [--seeds K] [--from SEED] [--jobs N] [--only NAME,...]
//      [--conditions NAME,...] [--out FOLDER]
//
// What each constant of the planner is for: drives the same worlds with one of them switched off at a time, and
// tells which worlds fail, or take half as long again, that went well with all of them. The worlds are those of
// the five families, rooms of the shipped floor plan, and places drawn here to be hard: gaps a few centimetres
// wider than the robot, ends of walls, hairpins, a trap, an alley to leave backwards. The constants are
// switched off in a copy of dist/, so that the planner carries no switch for it. Results are kept in FOLDER and
// not made again; the table of docs/decisions.md is what this prints.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureReady, ROOT } from "./ensure.mjs";

const FAMILIES = ["cells", "clutter", "corridor", "maze", "rooms"];

/** Walls around a place. */
const FRAME = [
  [0, 0, 10, 0.1],
  [0, 9.9, 10, 10],
  [0, 0, 0.1, 10],
  [9.9, 0, 10, 10],
];

/** Side of a place [m] and of its cells [m]. */
const SIDE = 10;
const CELL = 0.05;

/**
 * Places by name: walls `[x0, y0, x1, y1]` [m] in a free square of 10 m, start `[x, y, yaw]` and goal `[x, y]`.
 * A gap's number is its width [m]; a Jackal is 0.43 m wide.
 */
const PLACES = {
  ...Object.fromEntries(
    [0.5, 0.55, 0.6, 0.7].map((width) => [
      `gap-${width}`,
      { walls: across(5, 5 - width / 2, 5 + width / 2), start: [2, 4, 0], goal: [8, 6] },
    ]),
  ),
  "two-doors": {
    walls: [...across(3.5, 2, 2.65), ...across(6.5, 7, 7.65)],
    start: [1.5, 5, 0],
    goal: [8.5, 5],
  },
  "wall-end": { walls: [[4.9, 2, 5.1, 10]], start: [4, 8, 0], goal: [6, 8] },
  hairpin: {
    walls: [
      [3, 1.2, 3.15, 10],
      [6, 0, 6.15, 8.8],
    ],
    start: [1.5, 8, 0],
    goal: [8.5, 2],
  },
  "tight-hairpin": { walls: [[1, 4.95, 8.9, 5.05]], start: [2, 4.4, 0], goal: [2, 5.6] },
  "u-trap": {
    walls: [
      [3, 3, 7, 3.15],
      [3, 6.85, 7, 7],
      [6.85, 3, 7, 7],
    ],
    start: [5, 5, 0],
    goal: [8.5, 5],
  },
  alley: {
    walls: [
      [3, 4.6, 7, 4.7],
      [3, 5.3, 7, 5.4],
      [6.9, 4.6, 7, 5.4],
    ],
    start: [6, 5, 0],
    goal: [8.5, 5],
  },
};

/** Ways through the floor plan: start `[x, y, yaw]`, goal `[x, y]`. */
const OFFICE = [
  [
    [1.78, 4.53, 2.58],
    [12.48, 4.88],
  ],
  [
    [2.13, 6.13, 1.53],
    [1.98, 1.03],
  ],
  [
    [0.58, 8.08, 1.25],
    [12.18, 1.43],
  ],
  [
    [2.63, 4.17, 2.89],
    [8.22, 3.43],
  ],
  [
    [10.58, 3.73, 3.1],
    [9.93, 7.83],
  ],
  [
    [5.38, 5.08, 0],
    [10.73, 3.98],
  ],
];

/** Conditions that the worlds are driven in: flags of `mnemosyne evaluate`. */
const CONDITIONS = {
  known: ["--init", "shift-or-path"],
  unknown: ["--sensor", "lidar", "--prior", "none", "--init", "shift-or-path"],
  shocks: ["--sensor", "lidar", "--shocks", "--init", "best"],
  car: ["--robot", "f1tenth", "--init", "shift-or-path"],
};

/** What is switched off: what the planner is without it, and the constants' other values by name. */
const ABLATIONS = {
  "margin shrinks in gaps": { without: "always the full margin", set: { LEAST_MARGIN: "1" } },
  "margin keeps 5 mm spare": { without: "the whole of what the path leaves", set: { SPARE: "0" } },
  "least margin": { without: "0 instead of 2 cm", set: { LEAST_MARGIN: "0" } },
  "local goal nearer around bends": { without: "a way of any detour", set: { DETOUR: "Infinity" } },
  "local goal near what is in sight": { without: "out of sight too", set: { IN_SIGHT: "-Infinity" } },
  "local goal nearer where the robot hesitates": { without: "never", set: { HESITATION: "Infinity" } },
  "local goal never nearer than 0.3": { without: "0.05 lookaheads", set: { NEAREST: "0.05" } },
  "scene reaches beyond the local goal": { without: "0.1 instead of 1 m", set: { BEYOND: "0.1" } },
  "path planned again where the robot is off it": {
    without: "beyond 0.6 m: never",
    set: { MAX_OFFSET: "Infinity" },
  },
  "plans told by cost where none violates": { without: "by merit alone", set: { PASSABLE: "0" } },
  "safety check doubts the field near corners": { without: "trusts it", set: { FIELD_ERROR_CELLS: "0" } },
  "a robot in contact may leave it": { without: "stands", set: { ESCAPE: "0" } },
  "no path: tried again after 1 s": { without: "never", set: { RETRY_AFTER: "Infinity" } },
  "pursuit drives at 0.6 of top speed": { without: "at all of it", set: { CRUISE: "1" } },
  "pursuit aims 0.15 lookaheads ahead": { without: "0.5", set: { AIM: "0.5" } },
  "pursuit of a car backs to what is behind": { without: "never", set: { BEHIND: "-2" } },
  "path is smoothed": { without: "straightened only", set: { SMOOTH_PASSES: "0" } },
  "rows have curvature over 5 cm": { without: "1 mm", set: { CURVATURE_STEP: "0.001" } },
  recovery: {
    without: "patience for ever",
    set: { DEFAULT_RECOVERY_OPTIONS: "{ patience: Infinity, escapeTime: 3, attempts: 8 }" },
  },
};

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "4" },
    from: { type: "string", default: "200" },
    jobs: { type: "string", default: "1" },
    only: { type: "string" },
    conditions: { type: "string", default: Object.keys(CONDITIONS).join(",") },
    out: { type: "string", default: join(ROOT, ".cache", "ablation") },
  },
});
const from = Number(values.from);
const conditions = values.conditions.split(",");
const families = (Number(values.seeds) > 0 ? FAMILIES : []).map(
  (family) => `${family}:${from}-${from + Number(values.seeds) - 1}`,
);

await ensureReady(ROOT, { need: "run" });
mkdirSync(values.out, { recursive: true });
const worlds = [...families.map((range) => ["--worlds", range]), [drawPlaces(join(values.out, "places"))]];
const names = values.only?.split(",") ?? Object.keys(ABLATIONS);
const baseline = measure("as it is", {});
const rows = [];
for (const name of names) {
  const { without, set } = ABLATIONS[name];
  rows.push({ name, without, ...compare(measure(name, set), baseline) });
  process.stderr.write(`${name}: ${rows.at(-1).worse.length} worse\n`);
}
console.log(table(rows, baseline));

/** A wall across the place at x, open from y0 to y1. */
function across(x, y0, y1) {
  return [
    [x - 0.1, 0, x + 0.1, y0],
    [x - 0.1, y1, x + 0.1, 10],
  ];
}

/** Runs of all conditions with constants set otherwise: `{ condition: { id: row } }`. */
function measure(name, set) {
  const key = [name.replaceAll(/\W+/g, "-"), values.from, values.seeds, ...conditions].join("-");
  const file = join(values.out, `${key}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const copy = join(values.out, "copy");
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  cpSync(join(ROOT, "dist"), join(copy, "dist"), { recursive: true });
  for (const link of ["models", "package.json", "node_modules"])
    symlinkSync(join(ROOT, link), join(copy, link));
  for (const [constant, value] of Object.entries(set)) setConstant(join(copy, "dist"), constant, value);
  const result = {};
  for (const condition of conditions)
    result[condition] = Object.assign(
      {},
      ...worlds.map((which) => evaluate(copy, which, CONDITIONS[condition])),
    );
  writeFileSync(`${file}.tmp`, JSON.stringify(result));
  cpSync(`${file}.tmp`, file);
  rmSync(`${file}.tmp`);
  return result;
}

/** Writes the places' maps and the scenarios of places and floor plan; returns the scenarios' file. */
function drawPlaces(folder) {
  mkdirSync(folder, { recursive: true });
  const side = SIDE / CELL;
  const scenarios = Object.entries(PLACES).map(([id, { walls, start, goal }]) => {
    const pixels = Buffer.alloc(side * side, 254);
    for (const [x0, y0, x1, y1] of [...walls, ...FRAME])
      for (let row = Math.round(y0 / CELL); row < Math.round(y1 / CELL); row++)
        pixels.fill(
          0,
          (side - 1 - row) * side + Math.round(x0 / CELL),
          (side - 1 - row) * side + Math.round(x1 / CELL),
        );
    writeFileSync(
      join(folder, `${id}.pgm`),
      Buffer.concat([Buffer.from(`P5\n${side} ${side}\n255\n`), pixels]),
    );
    writeFileSync(
      join(folder, `${id}.yaml`),
      `image: ${id}.pgm\nresolution: ${CELL}\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.196\n`,
    );
    return { id, map: `${id}.yaml`, start, goal };
  });
  const map = join(ROOT, "datasets", "floor-plan", "office.yaml");
  const office = OFFICE.map(([start, goal], i) => ({ id: `office-${i + 1}`, map, start, goal }));
  const file = join(folder, "scenarios.jsonl");
  writeFileSync(file, [...scenarios, ...office].map((scenario) => `${JSON.stringify(scenario)}\n`).join(""));
  return file;
}

/** Runs worlds on a copy of the program. */
function evaluate(copy, which, flags) {
  const main = join(copy, "dist", "cli", "main.js");
  const args = [main, "evaluate", ...which, "--jobs", values.jobs, "--json", ...flags];
  const run = spawnSync(process.execPath, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return Object.fromEntries(
    lines.flatMap(({ verb, id, status, time_s, collisions, min_clearance_m }) =>
      verb === "navigate" ? [[id, { status, time_s, collisions, min_clearance_m }]] : [],
    ),
  );
}

/** Gives a constant of the planner or the route another value; exactly one file must declare it. */
function setConstant(dist, constant, value) {
  const declaration = new RegExp(`^((?:export )?const ${constant} = )[^;]*;`, "m");
  const files = ["planner", "route"].flatMap((room) =>
    readdirSync(join(dist, room))
      .filter((file) => file.endsWith(".js"))
      .map((file) => join(dist, room, file))
      .filter((file) => declaration.test(readFileSync(file, "utf8"))),
  );
  if (files.length !== 1) throw new Error(`${constant} is declared in ${files.length} files, expected 1`);
  writeFileSync(files[0], readFileSync(files[0], "utf8").replace(declaration, `$1${value};`));
}

/** What became worse in which worlds, and the time of those that both reach. */
function compare(result, base) {
  const worse = [];
  let time = 0;
  let before = 0;
  for (const [condition, rows] of Object.entries(base))
    for (const [id, old] of Object.entries(rows)) {
      const now = result[condition][id];
      const wasGood = old.status === "reached" && old.collisions === 0;
      if (wasGood && now.collisions > 0) worse.push(`${condition} ${id} (contact)`);
      else if (wasGood && now.status !== "reached") worse.push(`${condition} ${id} (${now.status})`);
      else if (wasGood && now.time_s > 1.5 * old.time_s + 2)
        worse.push(`${condition} ${id} (${now.time_s.toFixed(0)} s, ${old.time_s.toFixed(0)} s with it)`);
      if (wasGood && now.status === "reached" && now.collisions === 0) {
        time += now.time_s;
        before += old.time_s;
      }
    }
  return { worse, time: time / before };
}

function table(rows, base) {
  const runs = Object.values(base).flatMap((row) => Object.values(row));
  const good = runs.filter(({ status, collisions }) => status === "reached" && collisions === 0).length;
  return [
    `${runs.length} runs, ${good} reached without contact as it is.`,
    "",
    "| device | without it | time of what is still reached | worse |",
    "|---|---|---|---|",
    ...rows.map(
      ({ name, without, time, worse }) =>
        `| ${name} | ${without} | ${time.toFixed(3)} | ${worse.length === 0 ? "none" : `${worse.length}: ${worse.slice(0, 6).join(", ")}${worse.length > 6 ? ", ..." : ""}`} |`,
    ),
  ].join("\n");
}
