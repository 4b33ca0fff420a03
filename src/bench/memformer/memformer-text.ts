import { formatTable } from "../measures.ts";
import type { MemformerResult } from "./memformer-all.ts";
import type { MemformerReference } from "./memformer-study.ts";

/** References as lines of a table or a chart, in the order in which they are shown. */
export const REFERENCE_LINES: readonly {
  readonly name: string;
  value(reference: MemformerReference): number;
}[] = [
  { name: "gradient descent, tuned", value: ({ fixed_step }) => fixed_step.gd },
  { name: "Nesterov, tuned", value: ({ fixed_step }) => fixed_step.nesterov },
  { name: "momentum, tuned", value: ({ fixed_step }) => fixed_step.momentum },
  { name: "least, shared numbers", value: ({ shared }) => shared },
  { name: "least, preconditioned", value: ({ preconditioned }) => preconditioned },
  { name: "conjugate gradients", value: ({ cg }) => cg.loss },
  { name: "the same, n - 1 examples", value: ({ cg_all_but_one }) => cg_all_but_one.loss },
];

/** The middle of some numbers; the mean of the middle two where their count is even. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.slice().sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half) - 1]) / 2;
}

/** The result for people. */
export function memformerText(result: MemformerResult): string {
  const { steps, batch, rate, seeds } = result;
  const spread = seeds === 1 ? "one seed" : `median (range) of ${seeds} seeds`;
  const head = `Natural logarithm of the loss on new prompts; Adam, rate ${rate}, ${steps} steps of ${batch} prompts, ${spread}`;
  return [head, ...layerTables(result), ...sideTables(result), ...expertTable(result)].join("\n");
}

function layerTables({ rows, references, covariances, models, layers, studies }: MemformerResult): string[] {
  if (!studies.includes("layers")) return [];
  const columns = Array.from({ length: layers }, (_, i) => i + 1);
  return covariances.flatMap((covariance) => {
    const own = rows.filter((row) => row.study === "layers" && row.covariance === covariance);
    const table = [
      ...models.map((model) => [
        model,
        ...columns.map((l) => cell(own.filter((row) => row.model === model && row.layers === l))),
      ]),
      ...REFERENCE_LINES.map(({ name, value }) => [
        name,
        ...references.filter((row) => row.covariance === covariance).map((row) => value(row).toFixed(3)),
      ]),
    ];
    return ["", `${covariance}:`, formatTable(["layers", ...columns.map(String)], table, 1)];
  });
}

function sideTables({ rows }: MemformerResult): string[] {
  return (["heads", "tasks"] as const).flatMap((study) => {
    const own = rows.filter((row) => row.study === study);
    if (own.length === 0) return [];
    const values = [...new Set(own.map((row) => row[study] ?? 0))];
    const table = [...new Set(own.map((row) => row.covariance))].flatMap((covariance) =>
      values.map((value) => {
        const at = own.filter((row) => row.covariance === covariance && row[study] === value);
        const training = at.map((row) => row.train_log_loss ?? Number.NaN);
        return [covariance, String(value), cell(at), study === "tasks" ? medianOf(training).toFixed(3) : ""];
      }),
    );
    const header = ["covariance", study, "new prompts", study === "tasks" ? "own prompts" : ""];
    return ["", formatTable(header, table, 1)];
  });
}

function expertTable({ experts, expert_variances }: MemformerResult): string[] {
  if (experts.length === 0) return [];
  const keys = [...new Set(experts.map(({ variance, mean }) => `${variance} ${mean}`))];
  const header = [
    "variance",
    "mean",
    ...expert_variances.map((v) => `expert ${v}`),
    "together",
    "gated",
    "scratch",
  ];
  const table = keys.map((key) => {
    const own = experts.filter(({ variance, mean }) => `${variance} ${mean}` === key);
    const middle = (read: (row: (typeof own)[number]) => number) => medianOf(own.map(read)).toFixed(3);
    return [
      String(own[0].variance),
      own[0].mean.toFixed(2),
      ...expert_variances.map((_, i) => middle((row) => row.alone[i])),
      middle((row) => row.together),
      middle((row) => row.gated),
      middle((row) => row.scratch),
    ];
  });
  return ["", formatTable(header, table, 1)];
}

function cell(rows: readonly { readonly log_loss: number }[]): string {
  const values = rows.map(({ log_loss }) => log_loss);
  if (values.length === 0) return "";
  const middle = medianOf(values).toFixed(3);
  if (values.length === 1) return middle;
  return `${middle} (${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)})`;
}
