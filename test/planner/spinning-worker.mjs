// A navigator's thread that answers samples by driving at 1 m/s, and hangs for ever, crashes or fails where told by the place.
import { parentPort, workerData } from "node:worker_threads";

const parts = { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 };
parentPort.on("message", ({ kind, id, sample }) => {
  if (kind !== "tick") return;
  const { time, x } = sample;
  const at = (other) => other !== undefined && Math.abs(x[0] - other) < 1e-6;
  if (at(workerData.spinAt)) for (;;);
  if (at(workerData.exitAt)) process.exit(3);
  if (at(workerData.failAt)) return parentPort.postMessage({ kind: "failed", id, note: "out of paper" });
  const v = at(workerData.absurdAt) ? 1e9 : 1;
  const X = Float64Array.from(
    { length: 31 * 5 },
    (_, i) => [x[0] + 0.1 * Math.floor(i / 5), x[1], 0, v, 0][i % 5],
  );
  const plan = { time, dt: 0.1, X, U: new Float64Array(60), K: new Float64Array(300) };
  const command = { kind: "drive", u: Float64Array.of(9, 0) };
  const pose = { x: x[0], y: x[1], yaw: x[2] };
  parentPort.postMessage({
    kind: "report",
    id,
    report: {
      tick: 0,
      time,
      phase: "driving",
      command,
      source: "solution",
      pose,
      plan,
      partsMs: parts,
      totalMs: 0,
      missedDeadline: false,
    },
  });
});
parentPort.postMessage({ kind: "ready" });
