import "./solver-panel.css";
import type { SolveRecord, TickRecord } from "../../../src/record/index.ts";
import type { Panel, Store } from "../contracts.ts";
import { type CurrentTick, watchVisibleTick } from "./current-tick.ts";
import { element } from "./element.ts";
import { formatValue } from "./format-value.ts";
import { deadlineOf } from "./plot-limits.ts";
import { partsOf, sourceText, statusText } from "./solver-text.ts";

/** What the solver did in the current tick: outcome, residuals, every iteration, time by part. */
export function createSolverPanel(host: HTMLElement, store: Store): Panel {
  const root = element("div", { className: "solver", tabIndex: 0 });
  host.append(root);
  const stop = watchVisibleTick(host, store, (tick) => root.replaceChildren(...describe(tick)));
  return {
    dispose() {
      stop();
      root.remove();
    },
  };
}

function describe(tick: CurrentTick | undefined): HTMLElement[] {
  if (tick === undefined) return [element("p", {}, "No tick at this time.")];
  const { record } = tick;
  if (record === undefined) return [element("p", {}, `Tick ${tick.i} is being read …`)];
  const { solve } = record;
  return [
    facts([
      ["Tick", `${record.tick} at ${record.time.toFixed(2)} s`],
      ["Phase", record.phase],
      ["Command", sourceText(record)],
      ...(solve === undefined ? [] : [["Status", statusText(solve)] as const]),
      ...(solve?.startNote === undefined ? [] : [["Start", solve.startNote] as const]),
      ...(record.note === undefined ? [] : [["Note", record.note] as const]),
    ]),
    ...(solve === undefined
      ? [element("p", {}, "Nothing was solved in this tick.")]
      : [residuals(solve), history(solve), starts(record)]),
    times(record, deadlineOf(tick.run.index).value),
  ];
}

function facts(rows: readonly (readonly [string, string])[]): HTMLElement {
  const list = element("dl", { className: "solver-facts" });
  for (const [name, value] of rows) list.append(element("dt", {}, name), element("dd", {}, value));
  return list;
}

function residuals(solve: SolveRecord): HTMLElement {
  const { primal, stationarity, complementarity, kkt } = solve.residuals;
  return section(
    "Residuals",
    facts([
      ["KKT", small(kkt)],
      ["Primal", small(primal)],
      ["Stationarity", small(stationarity)],
      ["Complementarity", small(complementarity)],
      ["Soft constraints", solve.slackInUse ? `violated by ${small(solve.violation)}` : "kept"],
    ]),
  );
}

function history(solve: SolveRecord): HTMLElement {
  const rows = solve.history.map((row) => [
    String(row.iteration),
    small(row.kkt),
    row.iteration === 0 ? "" : formatValue(row.alpha),
    row.iteration === 0 ? "" : String(row.qpIterations),
    formatValue(row.cost),
    formatValue(row.merit),
    small(row.violation),
    formatValue(row.penalty),
  ]);
  return section(
    `Iterations: ${solve.iterations}`,
    table(["SQP", "KKT", "step", "QP", "cost", "merit", "viol.", "penalty"], rows),
  );
}

function starts({ hypotheses, solve }: TickRecord): HTMLElement {
  const names = hypotheses.map((h) => (h.chosen && hypotheses.length > 1 ? `${h.name} (chosen)` : h.name));
  return section(
    "Warm start",
    element("p", {}, names.length > 0 ? names.join(", ") : (solve?.start ?? "none")),
  );
}

function times(record: TickRecord, deadline: number): HTMLElement {
  const parts = partsOf(record);
  const sum = parts.reduce((ms, part) => ms + part.ms, 0);
  const whole = Math.max(deadline, record.totalMs, sum, 1e-9);
  const bar = element("div", { className: "solver-times", role: "img" });
  bar.ariaLabel = parts.map((part) => `${part.text} ${part.ms.toFixed(2)} ms`).join(", ");
  const list = element("ul", { className: "solver-parts" });
  for (const part of parts) {
    const piece = element("span", {
      className: `part-${part.name}`,
      title: `${part.text}: ${part.ms.toFixed(2)} ms`,
    });
    piece.style.width = `${(100 * part.ms) / whole}%`;
    bar.append(piece);
    list.append(
      element(
        "li",
        {},
        element("i", { className: `part-${part.name}` }),
        `${part.text} ${part.ms.toFixed(2)} ms`,
      ),
    );
  }
  const line = element("b", { className: "solver-deadline", title: `deadline: ${deadline} ms` });
  line.style.left = `${(100 * deadline) / whole}%`;
  bar.append(line);
  const late = record.missedDeadline || record.totalMs > deadline;
  return section(
    `Time: ${record.totalMs.toFixed(2)} of ${formatValue(deadline)} ms${late ? ", late" : ""}`,
    bar,
    list,
  );
}

function section(title: string, ...children: HTMLElement[]): HTMLElement {
  return element("section", {}, element("h3", {}, title), ...children);
}

const MEANINGS: Readonly<Record<string, string>> = {
  SQP: "iteration; 0 is the warm start",
  KKT: "largest residual of the optimality conditions",
  step: "step length that the line search took",
  QP: "iterations of the QP solver",
  "viol.": "largest violation of a constraint",
  penalty: "penalty parameter of the merit function",
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return element(
    "div",
    { className: "solver-table" },
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...head.map((text) => element("th", { scope: "col", title: MEANINGS[text] ?? "" }, text)),
        ),
      ),
      element(
        "tbody",
        {},
        ...rows.map((cells) => element("tr", {}, ...cells.map((text) => element("td", {}, text)))),
      ),
    ),
  );
}

/** A residual: its size is what matters. */
function small(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return value === 0 ? "0" : value.toExponential(1).replace("-", "−");
}
