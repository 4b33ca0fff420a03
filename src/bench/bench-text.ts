import type { DeviceReport } from "../graph/node.ts";
import type { Machine } from "../node/index.ts";
import type { BenchLoopResult } from "./bench-loop.ts";
import type { OptimizerCosts } from "./bench-optimizers.ts";
import type { BenchQpResult } from "./bench-qp.ts";
import { type Column, formatTable, ms3 } from "./measures.ts";
import type { LatencyRow } from "./net-latency.ts";
import type { TrainingRow } from "./net-training.ts";

/** The line under every table of times. */
export function machineText({ cpu, node, load }: Machine): string {
  return `${cpu}, Node ${node}, load ${load.toFixed(1)}`;
}

/** A row per solver and way of starting. */
export function qpText({ rows, sizes }: BenchQpResult): string {
  const table = formatTable(rows, 2, [
    ["solver", (row) => row.solver],
    ["start", (row) => row.start],
    ["n", (row) => row.n],
    ["failed", (row) => row.failures],
    ["ms p50", (row) => ms3(row.ms.p50)],
    ["p90", (row) => ms3(row.ms.p90)],
    ["p99", (row) => ms3(row.ms.p99)],
    ["its p50", (row) => row.iterations.p50],
    ["p99", (row) => row.iterations.p99],
    ["KKT p50", (row) => row.kkt.p50.toExponential(1)],
    ["max", (row) => row.kkt.max.toExponential(1)],
  ]);
  const { N, nx, nu, rows: count } = sizes;
  return `${table}\n\nN = ${N}, nx = ${nx}, nu = ${nu}, ${count} rows`;
}

type Tick = BenchLoopResult["ticks"][number];
type AtShare = "p50" | "p99";

/** Ticks, the iteration, the car, the distance field, and what ticks allocate. */
export function loopText({ ticks, iteration, car, field, memory }: BenchLoopResult): string {
  const kB = (bytes: number): string => (bytes / 1000).toFixed(1);
  const two = (value: number): string => value.toFixed(2);
  const parts = ["sense", "field", "init", "sqp", "check", "other"] as const;
  const pieces = ["linearize", "qp", "lineSearch", "other", "total"] as const;
  const { sizes } = iteration;
  return [
    formatTable(ticks, 2, [
      ["tick [ms]", ({ init }) => init],
      ["sensor", ({ sensor }) => sensor],
      ["n", ({ n }) => n],
      ["QPs", ({ iterations }) => two(iterations.mean)],
      ...parts.map((part): Column<Tick> => [part, ({ ms }) => two(ms[part].p50)]),
      ["total", ({ ms }) => two(ms.total.p50)],
      ["p99", ({ ms }) => two(ms.total.p99)],
      ["max", ({ ms }) => two(ms.total.max)],
    ]),
    "",
    formatTable(["p50", "p99"] as const, 1, [
      ["SQP iteration [ms]", (at) => at],
      ...pieces.map((piece): Column<AtShare> => [piece, (at) => ms3(iteration.ms[piece][at])]),
    ]),
    `N = ${sizes.N}, nx = ${sizes.nx}, nu = ${sizes.nu}, ${sizes.rows} rows, ${iteration.n} solves`,
    "",
    formatTable(car, 3, [
      ["car", ({ gains }) => gains],
      ["Hessian", ({ hessian }) => hessian],
      ["status", ({ status }) => status],
      ["QPs", ({ iterations }) => iterations],
      ["cost", ({ cost }) => cost.toFixed(5)],
      ["optimum", ({ optimum }) => optimum.toFixed(5)],
      ["ms p50", ({ ms }) => two(ms.p50)],
      ["max", ({ ms }) => two(ms.max)],
    ]),
    "",
    formatTable(field, 1, [
      ["distance field [ms]", ({ size }) => `${size} x ${size}`],
      ["p50", ({ ms }) => ms3(ms.p50)],
      ["p99", ({ ms }) => ms3(ms.p99)],
      ["max", ({ ms }) => ms3(ms.max)],
    ]),
    "",
    formatTable(memory, 1, [
      ["tick allocates [kB]", ({ init }) => init],
      ["n", ({ n }) => n],
      ["p50", ({ tick }) => kB(tick.p50)],
      ["mean", ({ tick }) => kB(tick.mean)],
      ["with simulator", ({ all }) => kB(all.mean)],
      ["scavenges", ({ scavenges }) => scavenges],
    ]),
  ].join("\n");
}

/** A table per problem: what a step of each optimizer takes. */
export function optimizersText(costs: readonly OptimizerCosts[]): string {
  const tables = costs.map(({ problem, coordinates, batch, gradient_ms, gradient_cpu_ms, rows }) => {
    const table = formatTable(rows, 2, [
      ["optimizer", (row) => row.optimizer],
      ["form", (row) => row.form],
      ["ms", (row) => ms3(row.ms.p50)],
      ["p99", (row) => ms3(row.ms.p99)],
      ["cpu ms", (row) => ms3(row.cpu_ms)],
      ["x adam", (row) => row.over_adam.toPrecision(3)],
      ["x gradient", (row) => row.over_gradient.toPrecision(3)],
      ["state MB", (row) => row.state_mb.toFixed(1)],
    ]);
    return `${problem}, ${coordinates} coordinates: a gradient of ${batch} examples takes ${ms3(gradient_ms.p50)} ms (p99 ${ms3(gradient_ms.p99)}), ${ms3(gradient_cpu_ms)} of the processor\n${table}`;
  });
  return tables.join("\n\n");
}

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
  const predictions = formatTable(latency, 2, [
    ["prediction [ms]", (row) => row.model ?? "untrained"],
    ["attention", (row) => row.map],
    ["window", (row) => row.window],
    ["tokens", (row) => row.tokens],
    ["features", (row) => row.features ?? ""],
    ["parameters", (row) => row.parameters ?? ""],
    ["n", (row) => row.n],
    ["features p50", ({ ms }) => ms3(ms.features.p50)],
    ["inference p50", ({ ms }) => ms3(ms.inference.p50)],
    ["p99", ({ ms }) => ms3(ms.inference.p99)],
    ["total p50", ({ ms }) => ms3(ms.total.p50)],
    ["p99", ({ ms }) => ms3(ms.total.p99)],
  ]);
  const lines = [predictions];
  if (training !== undefined) {
    const steps = formatTable(training, 1, [
      ["training", (row) => row.device],
      ["threads", (row) => row.threads],
      ["batch", (row) => row.batch],
      ["n", (row) => row.n],
      ["samples/s", (row) => row.samples_per_s.toFixed(0)],
      ["step ms p50", ({ ms }) => ms.p50.toFixed(1)],
      ["p99", ({ ms }) => ms.p99.toFixed(1)],
    ]);
    lines.push("", steps);
  }
  const missing = (devices ?? []).filter((device) => !device.usable);
  for (const { device, reason } of missing) lines.push(`${device} is not used: ${reason}`);
  return lines.join("\n");
}
