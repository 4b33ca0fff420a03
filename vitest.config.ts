import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const LONG = "test/long/**/*.test.ts";
const BROWSER = "test/browser/**/*.test.ts";
const ALONE = "test/alone/**/*.test.ts";

const project = (
  name: string,
  include: string,
  timeout: number,
  isolate = false,
): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: [include],
    exclude: [LONG, BROWSER, ALONE].filter((other) => other !== include),
    testTimeout: timeout,
    hookTimeout: timeout,
    isolate,
  },
});

export default defineConfig({
  test: {
    pool: "forks",
    // The files that a worker runs share their modules: loading the house anew for each took a third of the
    // time of a run. A test therefore leaves globals as it found them. What depends on how code is compiled, and so
    // on what ran before in the process, has a process to itself.
    maxWorkers: availableParallelism(), // by default one core stays idle
    projects: [
      project("unit", "test/**/*.test.ts", 20_000),
      project("long", LONG, 300_000),
      project("browser", BROWSER, 300_000),
      project("alone", ALONE, 20_000, true),
    ],
  },
});
