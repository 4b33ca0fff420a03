import { medianOf } from "../../base/index.ts";
import { type Column, formatTable } from "../measures.ts";
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

/** The result for people. */
export function memformerText(result: MemformerResult): string {
  const { steps, batch, rate, seeds } = result;
  const spread = seeds === 1 ? "one seed" : `median (range) of ${seeds} seeds`;
  const head = `Natural logarithm of the loss on new prompts; Adam, rate ${rate}, ${steps} steps of ${batch} prompts, ${spread}`;
  return [head, ...layerTables(result), ...sideTables(result), ...expertTable(result)].join("\n");
}

function layerTables({ rows, references, covariances, models, layers, studies }: MemformerResult): string[] {
  if (!studies.includes("layers")) return [];
  const depths = Array.from({ length: layers }, (_, i) => i + 1);
  return covariances.flatMap((covariance) => {
    const own = rows.filter((row) => row.study === "layers" && row.covariance === covariance);
    const beside = references.filter((row) => row.covariance === covariance);
    const lines = [
      ...models.map((name) => ({
        name,
        at: (depth: number) => cell(own.filter((row) => row.model === name && row.layers === depth)),
      })),
      ...REFERENCE_LINES.map(({ name, value }) => ({
        name,
        at: (depth: number) => value(beside[depth - 1]).toFixed(3),
      })),
    ];
    const table = formatTable(lines, 1, [
      ["layers", ({ name }) => name],
      ...depths.map((depth): Column<(typeof lines)[number]> => [String(depth), ({ at }) => at(depth)]),
    ]);
    return ["", `${covariance}:`, table];
  });
}

function sideTables({ rows }: MemformerResult): string[] {
  return (["heads", "tasks"] as const).flatMap((study) => {
    const own = rows.filter((row) => row.study === study);
    if (own.length === 0) return [];
    const values = [...new Set(own.map((row) => row[study] ?? 0))];
    const lines = [...new Set(own.map((row) => row.covariance))].flatMap((covariance) =>
      values.map((value) => ({
        ...{ covariance, value },
        at: own.filter((row) => row.covariance === covariance && row[study] === value),
      })),
    );
    const training = medianCell<(typeof own)[number]>((row) => row.train_log_loss ?? Number.NaN);
    const table = formatTable(lines, 1, [
      ["covariance", ({ covariance }) => covariance],
      [study, ({ value }) => value],
      ["new prompts", ({ at }) => cell(at)],
      study === "tasks" ? ["own prompts", ({ at }) => training(at)] : ["", () => ""],
    ]);
    return ["", table];
  });
}

function expertTable({ experts, expert_variances }: MemformerResult): string[] {
  if (experts.length === 0) return [];
  const keys = [...new Set(experts.map(({ variance, mean }) => `${variance} ${mean}`))];
  const lines = keys.map((key) => experts.filter(({ variance, mean }) => `${variance} ${mean}` === key));
  const table = formatTable(lines, 1, [
    ["variance", ([own]) => own.variance],
    ["mean", ([own]) => own.mean.toFixed(2)],
    ...expert_variances.map(
      (v, i): Column<typeof experts> => [`expert ${v}`, medianCell((row) => row.alone[i])],
    ),
    ["together", medianCell((row) => row.together)],
    ["gated", medianCell((row) => row.gated)],
    ["scratch", medianCell((row) => row.scratch)],
  ]);
  return ["", table];
}

/** The middle of what several trainings gave. */
function medianCell<Row>(read: (row: Row) => number): (rows: readonly Row[]) => string {
  return (rows) => medianOf(rows.map(read)).toFixed(3);
}

function cell(rows: readonly { readonly log_loss: number }[]): string {
  const values = rows.map(({ log_loss }) => log_loss);
  if (values.length === 0) return "";
  const middle = medianOf(values).toFixed(3);
  if (values.length === 1) return middle;
  return `${middle} (${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)})`;
}
