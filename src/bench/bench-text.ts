import type { DeviceReport } from "../graph/node.ts";
import type { Machine } from "../node/index.ts";
import type { BenchLoopResult } from "./bench-loop.ts";
import type { OptimizerCosts } from "./bench-optimizers.ts";
import type { BenchQpResult } from "./bench-qp.ts";
import { formatTable } from "./measures.ts";
import type { LatencyRow } from "./net-latency.ts";
import type { TrainingRow } from "./net-training.ts";

/** The line under every table of times. */
export function machineText({ cpu, node, load }: Machine): string {
  return `${cpu}, Node ${node}, load ${load.toFixed(1)}`;
}

/** A row per solver and way of starting. */
export function qpText({ rows, sizes }: BenchQpResult): string {
  const ms = (value: number): string => value.toFixed(3);
  const header = [
    "solver",
    "start",
    "n",
    "failed",
    "ms p50",
    "p90",
    "p99",
    "its p50",
    "p99",
    "KKT p50",
    "max",
  ];
  const table = rows.map((row) => [
    row.solver,
    row.start,
    String(row.n),
    String(row.failures),
    ms(row.ms.p50),
    ms(row.ms.p90),
    ms(row.ms.p99),
    String(row.iterations.p50),
    String(row.iterations.p99),
    row.kkt.p50.toExponential(1),
    row.kkt.max.toExponential(1),
  ]);
  const { N, nx, nu, rows: count } = sizes;
  return `${formatTable(header, table, 2)}\n\nN = ${N}, nx = ${nx}, nu = ${nu}, ${count} rows`;
}

/** Ticks, the iteration, the car and the distance field. */
export function loopText({ ticks, iteration, car, field }: BenchLoopResult): string {
  const two = (value: number): string => value.toFixed(2);
  const parts = ["sense", "field", "init", "sqp", "check", "other"] as const;
  const tickTable = ticks.map(({ init, sensor, n, iterations, ms }) => [
    init,
    sensor,
    String(n),
    two(iterations.mean),
    ...parts.map((part) => two(ms[part].p50)),
    two(ms.total.p50),
    two(ms.total.p99),
    two(ms.total.max),
  ]);
  const pieces = ["linearize", "qp", "lineSearch", "other", "total"] as const;
  const { sizes } = iteration;
  return [
    formatTable(["tick [ms]", "sensor", "n", "QPs", ...parts, "total", "p99", "max"], tickTable, 2),
    "",
    formatTable(
      ["SQP iteration [ms]", ...pieces],
      (["p50", "p99"] as const).map((at) => [at, ...pieces.map((piece) => ms3(iteration.ms[piece][at]))]),
    ),
    `N = ${sizes.N}, nx = ${sizes.nx}, nu = ${sizes.nu}, ${sizes.rows} rows, ${iteration.n} solves`,
    "",
    formatTable(
      ["car", "Hessian", "status", "QPs", "cost", "optimum", "ms p50", "max"],
      car.map((row) => [
        row.gains,
        row.hessian,
        row.status,
        String(row.iterations),
        row.cost.toFixed(5),
        row.optimum.toFixed(5),
        two(row.ms.p50),
        two(row.ms.max),
      ]),
      3,
    ),
    "",
    formatTable(
      ["distance field [ms]", "p50", "p99", "max"],
      field.map(({ size, ms }) => [`${size} x ${size}`, ms3(ms.p50), ms3(ms.p99), ms3(ms.max)]),
    ),
  ].join("\n");
}

/** A table per problem: what a step of each optimizer takes. */
export function optimizersText(costs: readonly OptimizerCosts[]): string {
  return costs
    .map(({ problem, coordinates, batch, gradient_ms, gradient_cpu_ms, rows }) => {
      const header = ["optimizer", "form", "ms", "p99", "cpu ms", "x adam", "x gradient", "state MB"];
      const table = rows.map((row) => [
        row.optimizer,
        row.form,
        row.ms.p50.toFixed(3),
        row.ms.p99.toFixed(3),
        row.cpu_ms.toFixed(3),
        row.over_adam.toPrecision(3),
        row.over_gradient.toPrecision(3),
        row.state_mb.toFixed(1),
      ]);
      return [
        `${problem}, ${coordinates} coordinates: a gradient of ${batch} examples takes ${gradient_ms.p50.toFixed(3)} ms (p99 ${gradient_ms.p99.toFixed(3)}), ${gradient_cpu_ms.toFixed(3)} of the processor`,
        formatTable(header, table, 2),
      ].join("\n");
    })
    .join("\n\n");
}

function ms3(value: number): string {
  return value.toFixed(3);
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
