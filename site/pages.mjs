import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * What the site's left column lists, heading by heading, as paths in the repository; `docs/README.md` is the front page.
 * A page of `docs/` that is not named here stands below "More".
 */
export const CHAPTERS = {
  Begin: [
    "docs/for-robotics-engineers.md",
    "docs/for-typescript-developers.md",
    "docs/for-ml-researchers.md",
    "README.md",
  ],
  "How to": [
    "docs/own-robot.md",
    "docs/own-map.md",
    "docs/own-sensor.md",
    "docs/own-problem.md",
    "docs/own-training.md",
    "docs/which-solver.md",
    "docs/tuning.md",
    "docs/latency.md",
    "docs/viewer.md",
    "docs/ros.md",
    "docs/more-machines.md",
    "docs/from-nav2.md",
    "docs/from-acados.md",
  ],
  Understand: [
    "docs/walk.md",
    "docs/solver.md",
    "docs/route.md",
    "docs/safety.md",
    "docs/driving.md",
    "docs/movers.md",
    "docs/learned-start.md",
    "docs/associative-memory.md",
    "docs/memformers.md",
    "docs/learned-optimizer.md",
    "docs/learned-optimizer-measured.md",
    "docs/coordinate-wise-optimizer.md",
    "docs/transformers.md",
    "docs/architecture.md",
    "docs/decisions.md",
    "docs/comparison.md",
  ],
  "Look up": ["docs/troubleshooting.md", "docs/formats.md", "docs/glossary.md"],
  Project: [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "datasets/README.md",
    "models/warm-start-jackal.md",
    "models/warm-start-robots.md",
    "models/optimizer-mnemosyne.md",
    "models/optimizer-mnemosyne-light.md",
    "models/optimizer-mnemosyne-light-long.md",
    "models/optimizer-lstm.md",
    "models/optimizer-feedback-velo.md",
    "models/optimizer-feedback-linear.md",
  ],
};

/** Titles of pages that have another one where they stand alone. */
export const TITLES = {
  "README.md": "Overview and figures",
  "datasets/README.md": "Data sets",
  "docs/from-acados.md": "From acados or CasADi",
};

/** The front page. */
export const FRONT = "docs/README.md";

/** All pages but the front page, with the heading each stands below. */
export function listPages(root) {
  const named = Object.entries(CHAPTERS).flatMap(([chapter, pages]) =>
    pages.map((page) => ({ page, chapter })),
  );
  const known = new Set([FRONT, ...named.map(({ page }) => page)]);
  const others = readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`)
    .filter((page) => !known.has(page));
  return [...named, ...others.sort().map((page) => ({ page, chapter: "More" }))];
}

/** Name of a page in addresses: `docs/own-map.md` is `own-map`, `datasets/README.md` is `datasets`. */
export function slugOf(page) {
  if (page === "README.md") return "readme";
  const [folder, file] = page.split("/").slice(-2);
  return (file === "README.md" ? folder : (file ?? folder)).replace(/\.md$/, "").toLowerCase();
}
