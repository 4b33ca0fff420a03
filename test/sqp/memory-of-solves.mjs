// What repeated solves in one workspace take of the heap, as JSON: run by memory.test.ts in a process of its own, in which nothing
// else has told the compiler of other shapes of problems. Takes --expose-gc.
import { Session } from "node:inspector";
import { createSqpWorkspace, solveSqp } from "../../dist/sqp/index.js";
import { ZOO } from "../../dist/zoo/index.js";

/** Bytes of all arrays that an object holds, each once. */
function bytesOf(root) {
  const seen = new Set();
  const visit = (value) => {
    if (typeof value !== "object" || value === null) return 0;
    const own = ArrayBuffer.isView(value) ? value.buffer : value;
    if (seen.has(own)) return 0;
    seen.add(own);
    if (own instanceof ArrayBuffer) return own.byteLength;
    return Object.values(own).reduce((sum, part) => sum + visit(part), 0);
  };
  return visit(root);
}

/** Bytes that a function allocates, as the heap's own sampling tells, those that were collected since too. */
function allocatedBy(run) {
  const session = new Session();
  session.connect();
  let bytes = 0;
  session.post("HeapProfiler.startSampling", {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  run();
  session.post("HeapProfiler.stopSampling", (_, { profile }) => {
    const sizeOf = (node) => node.children.reduce((sum, child) => sum + sizeOf(child), node.selfSize);
    bytes = sizeOf(profile.head);
  });
  session.disconnect();
  return bytes;
}

/** Solves a problem of the zoo over and over in one workspace; a call returns the iterations that it took. */
function createSolves(name) {
  const { ocp, x0, guess } = ZOO[name]();
  const workspace = createSqpWorkspace(ocp);
  const solves = (n) => {
    let iterations = 0;
    for (let i = 0; i < n; i++)
      iterations += solveSqp(ocp, x0, guess, { maxIterations: 6 }, workspace).iterations;
    return iterations;
  };
  solves(3);
  return { solves, workspace: bytesOf(workspace) };
}

/** Least that an iteration allocates in three solves, over the workspace; many rounds, until code is compiled. */
function allocatedShare(name, enough) {
  const { solves, workspace } = createSolves(name);
  let least = Infinity;
  for (let round = 0; round < 100 && least >= enough; round++) {
    let iterations = 0;
    const bytes = allocatedBy(() => {
      iterations = solves(3);
    });
    least = Math.min(least, bytes / iterations / workspace);
  }
  return least;
}

/** By how much the heap grows within a hundred solves, over the workspace. */
function grownShare(name) {
  const { solves, workspace } = createSolves(name);
  const used = () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  solves(20);
  const before = used();
  solves(100);
  return (used() - before) / workspace;
}

const allocated = allocatedShare("quadrotor", Number(process.argv[2]));
console.log(JSON.stringify({ allocated, grown: grownShare("car-among-discs") }));
