import { describe, expect, it } from "vitest";
import { ROBOT_NAMES } from "../../src/sim/index.ts";
import { fuzzLoop } from "../drive/fuzz-loop.ts";

const COUNT = Number(process.env.FUZZ_COUNT ?? 10_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

describe(`${COUNT} faults of samples, maps, goals, pauses and planners, seed ${SEED}`, () => {
  const share = Math.ceil(COUNT / ROBOT_NAMES.length);
  it.each(ROBOT_NAMES)(
    "%s: the loop answers each, within the limits, and drives on",
    async (robot) => {
      const result = await fuzzLoop(robot, share, SEED);
      process.stderr.write(`${robot}: ${JSON.stringify(result)}\n`);
      expect(result.faults).toBe(share);
    },
    3_600_000,
  );
});
