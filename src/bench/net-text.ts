import type { DeviceReport } from "../graph/node.ts";
import type { LatencyRow } from "./net-latency.ts";
import type { TrainingRow } from "./net-training.ts";
import { formatTable } from "./text-table.ts";

/** Predictions by design, and training steps by device and batch. */
export function netText({
  latency,
  training,
  devices,
}: {
  readonly latency: readonly LatencyRow[];
  readonly training?: readonly TrainingRow[];
  readonly devices?: readonly DeviceReport[];
}): string {
  const ms = (value: number): string => value.toFixed(3);
  const predictions = latency.map((row) => [
    row.model ?? "untrained",
    row.map,
    String(row.window),
    String(row.tokens),
    row.features === undefined ? "" : String(row.features),
    row.parameters === undefined ? "" : String(row.parameters),
    String(row.n),
    ms(row.ms.features.p50),
    ms(row.ms.inference.p50),
    ms(row.ms.inference.p99),
    ms(row.ms.total.p50),
    ms(row.ms.total.p99),
  ]);
  const header = ["prediction [ms]", "attention", "window", "tokens", "features", "parameters", "n"];
  const times = ["features p50", "inference p50", "p99", "total p50", "p99"];
  const lines = [formatTable([...header, ...times], predictions, 2)];
  if (training !== undefined) {
    const steps = training.map((row) => [
      row.device,
      String(row.threads),
      String(row.batch),
      String(row.n),
      row.samples_per_s.toFixed(0),
      row.ms.p50.toFixed(1),
      row.ms.p99.toFixed(1),
    ]);
    lines.push(
      "",
      formatTable(["training", "threads", "batch", "n", "samples/s", "step ms p50", "p99"], steps),
    );
  }
  const missing = (devices ?? []).filter((device) => !device.usable);
  for (const { device, reason } of missing) lines.push(`${device} is not used: ${reason}`);
  return lines.join("\n");
}
