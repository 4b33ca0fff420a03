import { Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createSqpWorkspace, solveSqp } from "../../src/sqp/index.ts";
import { ZOO } from "../../src/zoo/index.ts";

/** Bytes of all arrays that an object holds, each once. */
function bytesOf(root: object): number {
  const seen = new Set<object>();
  const visit = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 0;
    const own = ArrayBuffer.isView(value) ? value.buffer : value;
    if (seen.has(own)) return 0;
    seen.add(own);
    if (own instanceof ArrayBuffer) return own.byteLength;
    return Object.values(own).reduce((sum: number, part) => sum + visit(part), 0);
  };
  return visit(root);
}

/** Bytes that a function allocates, as the heap's own sampling tells, those that were collected since too. */
function allocatedBy(run: () => void): number {
  const session = new Session();
  session.connect();
  let bytes = 0;
  session.post("HeapProfiler.startSampling", {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as object);
  run();
  session.post("HeapProfiler.stopSampling", (_, { profile }) => {
    const sizeOf = (node: typeof profile.head): number =>
      node.children.reduce((sum, child) => sum + sizeOf(child), node.selfSize);
    bytes = sizeOf(profile.head);
  });
  session.disconnect();
  return bytes;
}

/** Solves a problem of the zoo over and over in one workspace; a call returns the iterations that it took. */
function createSolves(name: "car-among-discs" | "quadrotor") {
  const { ocp, x0, guess } = ZOO[name]();
  const workspace = createSqpWorkspace(ocp);
  const solves = (n: number): number => {
    let iterations = 0;
    for (let i = 0; i < n; i++)
      iterations += solveSqp(ocp, x0, guess, { maxIterations: 6 }, workspace).iterations;
    return iterations;
  };
  solves(3);
  return { solves, workspace: bytesOf(workspace) };
}

describe("the memory of solves", () => {
  it("is their workspace: an iteration allocates less than a twentieth of it, once its code is compiled", () => {
    const { solves, workspace } = createSolves("quadrotor");
    let least = Infinity;
    for (let round = 0; round < 100 && least >= 0.05; round++) {
      let iterations = 0;
      const bytes = allocatedBy(() => {
        iterations = solves(3);
      });
      least = Math.min(least, bytes / iterations / workspace);
    }
    // A number in each of its stages, boxed or copied, is more; twelve numbers of state were.
    expect(least).toBeGreaterThan(0);
    expect(least).toBeLessThan(0.05);
  });

  it("does not grow: after a hundred more, by less than half of one workspace", () => {
    const { solves, workspace } = createSolves("car-among-discs");
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const used = (): number => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    solves(20);
    const before = used();
    solves(100);
    expect(used() - before).toBeLessThan(0.5 * workspace);
  });
});
