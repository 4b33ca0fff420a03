import { check, FormatError, isJsonObject, type Json, messageOf, parseJson } from "../../base/index.ts";
import { type Ocp, rowGroups, type Vec } from "../../ocp/index.ts";
import { createRiccatiIpm, type QpShape, type QpSolver } from "../../qp/index.ts";
import { solveSqp } from "../../sqp/index.ts";
import { type SymbolicOcp, writeSteps } from "../../symbolic/index.ts";
import { ZOO, type ZooName, type ZooProblem } from "../../zoo/index.ts";
import { TRUST } from "../ocp/bench-ocp.ts";
import { isOptimal, judge, type Verdict } from "../ocp/judge.ts";
import { coldRobotQps } from "../qp-problems.ts";
import { type QpLine, qpAsOcp, readQpLine, writeQpLine } from "./qp-line.ts";

/** An answer of a peer, judged. */
export type AnswerRow = Verdict & {
  readonly id: string;
  readonly peer: string;
  /** The peer's word; "" where it has none. */
  readonly status: string;
  /** As the peer has measured it. [ms] */
  readonly ms?: number;
  /** (cost - best known) / |best known|; of a QP the house's solution is the best known. */
  readonly gap: number;
  /** Whether the independent check finds an optimum. */
  readonly optimal: boolean;
};

/**
 * The lines of an exchange file: `qps` quadratic programs of a robot, the first one with a solution of every problem of the zoo
 * from its plain guess, and the problems themselves.
 */
export function exchangeLines(names: readonly ZooName[], qps: number, seed: number): object[] {
  const robot = coldRobotQps({ seed, count: qps });
  return [
    ...robot.map((qp, i) => writeQpLine(`robot-${seed}-${i}`, qp)),
    ...names.map((name) => firstQp(`${name}-qp`, ZOO[name]())),
    ...names.map((name) => ocpLine(ZOO[name]())),
  ];
}

/** The first QP that SQP makes of a problem and that has a solution: linearized hard rows may have none. */
function firstQp(id: string, { ocp, x0, guess }: ZooProblem): QpLine {
  let line: QpLine | undefined;
  const createQpSolver = (shape: QpShape): QpSolver => {
    const solver = createRiccatiIpm(shape);
    return {
      name: solver.name,
      solve(qp, options) {
        const solution = solver.solve(qp, options);
        if (solution.status === "solved") line ??= writeQpLine(id, qp);
        return solution;
      },
    };
  };
  solveSqp(ocp, x0, guess, { maxIterations: 1, createQpSolver });
  if (line === undefined) throw new Error(`${id}: the guess is a solution, there is no QP`);
  return line;
}

/** A problem of the zoo, with its functions as steps. */
function ocpLine(problem: ZooProblem): object {
  const { name, about, source, states, controls, ocp, x0, guess, best } = problem;
  const { expressions, names } = ocp as Partial<SymbolicOcp>;
  return {
    kind: "ocp",
    id: name,
    ...{ about, source, N: ocp.N, states, controls, names },
    ...{ x0, guess, uLower: ocp.uLower, uUpper: ocp.uUpper, stateBox: ocp.stateBox, best },
    functions: expressions && {
      next: writeSteps(expressions.next),
      stageCost: writeSteps([expressions.stageCost]),
      terminalCost: writeSteps([expressions.terminalCost]),
    },
    rows: rowGroups(ocp).map(({ count, kind = "inequality", controls: reads, stages }, group) => ({
      ...{ count, kind, controls: reads, stages },
      ...(expressions && { values: writeSteps(expressions.rows[group]) }),
    })),
  };
}

/** What answers to an id are judged by. */
type Question = { readonly ocp: Ocp; readonly x0: Vec; readonly best: number };

/**
 * Judges the answers of a file by the problems of another.
 *
 * @throws FormatError with the number of a line that is malformed or answers nothing that was asked
 */
export function judgeAnswers(problems: string, answers: string): AnswerRow[] {
  const asked = new Map<string, Json>();
  for (const { where, line } of jsonLines(problems, "problems")) {
    check(`${where}: id`, line.id, typeof line.id === "string", "a text", FormatError);
    asked.set(line.id, line);
  }
  const open = new Map<string, Question>();
  return [...jsonLines(answers, "answers")].map(({ where, line }) => {
    const id = String(line.id);
    const problem = asked.get(id);
    if (problem === undefined)
      throw new FormatError(`${where}: nothing is called "${id}" among the problems`);
    try {
      const question = open.get(id) ?? openQuestion(id, problem);
      open.set(id, question);
      return judgeAnswer(id, question, line);
    } catch (error) {
      throw new FormatError(`${where}: ${messageOf(error)}`, { cause: error });
    }
  });
}

function* jsonLines(text: string, file: string): Generator<{ where: string; line: Json }> {
  for (const [i, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === "") continue;
    const where = `${file}, line ${i + 1}`;
    const value = parseJson(line, `${where}: `);
    if (!isJsonObject(value)) throw new FormatError(`${where}: expected an object`);
    yield { where, line: value };
  }
}

function openQuestion(id: string, line: Json): Question {
  if (line.kind === "qp") {
    const qp = readQpLine(line as QpLine);
    const ocp = qpAsOcp(qp);
    const x0 = new Float64Array(qp.shape.nx);
    const { dU } = createRiccatiIpm(qp.shape).solve(qp);
    return { ocp, x0, best: judge(ocp, x0, dU).cost };
  }
  if (line.kind !== "ocp" || !(id in ZOO))
    throw new FormatError(`"${id}" is neither a QP nor a problem of the zoo`);
  const { ocp, x0, best } = ZOO[id as ZooName]();
  return { ocp, x0, best: best.cost };
}

function judgeAnswer(id: string, { ocp, x0, best }: Question, line: Json): AnswerRow {
  const { nx, nu } = ocp.dynamics;
  const U = numbers("U", line.U, ocp.N * nu);
  const X = line.X === undefined ? undefined : numbers("X", line.X, (ocp.N + 1) * nx);
  const verdict = judge(ocp, x0, U, X);
  return {
    id,
    peer: String(line.peer ?? "unknown"),
    status: String(line.status ?? ""),
    ...(typeof line.ms === "number" ? { ms: line.ms } : {}),
    ...verdict,
    gap: (verdict.cost - best) / Math.abs(best),
    optimal: isOptimal(verdict, TRUST),
  };
}

/** A flat or nested list of so many numbers. */
function numbers(name: string, value: unknown, length: number): Vec {
  const flat: unknown[] = Array.isArray(value) ? value.flat() : [];
  if (flat.length !== length || !flat.every((v) => typeof v === "number"))
    throw new FormatError(`${name} has ${flat.length} numbers, expected ${length}`);
  return Float64Array.from(flat as number[]);
}
