import { afterEach, describe, expect, test, vi } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { assemble } from "../../src/symbolic/assemble.ts";
import { apply } from "../../src/symbolic/build.ts";
import { generate } from "../../src/symbolic/generate.ts";
import { add, compile, type Evaluation, mul, neg, type Scalar, sin, sub } from "../../src/symbolic/index.ts";
import { interpret } from "../../src/symbolic/interpret.ts";
import { OPERATOR_NAMES, ruleOf } from "../../src/symbolic/operators.ts";
import { createProgram } from "../../src/symbolic/program.ts";
import { randomExpressions, variables } from "./random-expression.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("generated code", () => {
  test("equals the interpreter to the bit, for every operator at every kind of number", () => {
    const numbers = [0, -0, 1, -1, 0.3, -2.7, 5e-324, 1e300, -1e-200, Infinity, -Infinity, Number.NaN];
    const z = variables(3);
    const values = OPERATOR_NAMES.flatMap((op) => [
      apply(op, ...z.slice(0, ruleOf(op).arity)),
      ...(op === "div" || ruleOf(op).arity !== 2 ? [] : [apply(op, z[0], -0.7), apply(op, -0.7, z[0])]),
    ]);
    const program = createProgram(
      [{ name: "z", variables: z }],
      [{ length: values.length, entries: values.map((value, i) => [i, value] as const) }],
    );
    const [code, module, tape] = [generate(program)!, assemble(program)!, interpret(program)];
    for (const a of numbers) {
      for (const b of numbers) {
        const [expected, javascript, webassembly] = [tape, code, module].map((run) => {
          const out = new Float64Array(values.length);
          run(Float64Array.of(a, b, 3), out);
          return out;
        });
        expect(javascript).toEqual(expected);
        expect(webassembly).toEqual(expected);
      }
    }
  });

  test("equals the interpreter to the bit, in one piece or in many", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const rng = createRng(seed);
      const z = variables(5);
      const values = randomExpressions(rng, z, { count: 8, steps: 60, corners: true });
      const program = createProgram(
        [
          { name: "a", variables: z.slice(0, 2) },
          { name: "b", variables: z.slice(2) },
        ],
        [
          { length: 9, entries: values.slice(0, 5).map((value, i) => [2 * i, value] as const) },
          {
            length: 4,
            adds: true,
            entries: [...values.slice(5), z[1]].map((value, i) => [i, value] as const),
          },
        ],
      );
      const inputs = [
        Float64Array.from({ length: 2 }, () => rng.gauss()),
        new Float64Array(3).fill(0.3 * seed),
      ];
      const results = [
        interpret(program),
        generate(program)!,
        generate(program, 7)!,
        generate(program, 1)!,
      ].map((run) => {
        const out = [new Float64Array(9).fill(7), new Float64Array(4).fill(7)];
        run(...inputs, ...out);
        return out;
      });
      for (const result of results.slice(1)) expect(result).toEqual(results[0]);
      expect(results[0][0][1]).toBe(0);
      expect(results[0][1][3]).toBe(7 + inputs[0][1]);
    }
  });

  test.each(["javascript", "webassembly"] as const)(
    "writes numbers, inputs, one value twice, by %s",
    (kind) => {
      const [x, y] = variables(2);
      const compiled = compile(
        [{ name: "z", variables: [x, y] }],
        [
          {
            length: 6,
            entries: [
              [0, 3],
              [1, -2],
              [2, y],
              [3, sin(x)],
              [4, sin(x)],
            ],
          },
        ],
        kind,
      );
      expect(compiled.kind).toBe(kind);
      const out = new Float64Array(6).fill(9);
      compiled.run(Float64Array.of(0.4, 5), out);
      expect([...out]).toEqual([3, -2, 5, Math.sin(0.4), Math.sin(0.4), 0]);
    },
  );

  test("subtracts and negates numbers below 0 as it should", () => {
    const [x] = variables(1);
    const values: Scalar[] = [sub(-2, x), mul(-3, neg(sin(x))), add(-1, mul(-0.5, x))];
    const { run } = compile(
      [{ name: "x", variables: [x] }],
      [{ length: 3, entries: values.map((value, i) => [i, value] as const) }],
    );
    const out = new Float64Array(3);
    run(Float64Array.of(-4), out);
    expect([...out]).toEqual([2, 3 * Math.sin(-4), 1]);
  });
});

describe("where code may not be generated", () => {
  const [x] = variables(1);
  const make = (evaluation?: Evaluation) =>
    compile([{ name: "x", variables: [x] }], [{ length: 1, entries: [[0, mul(2, sin(x))]] }], evaluation);
  const at = ({ run }: ReturnType<typeof make>): number => {
    const out = new Float64Array(1);
    run(Float64Array.of(0.3), out);
    return out[0];
  };

  const forbid = (name: "Function" | "WebAssembly"): void => {
    const refuse = (): never => {
      throw new EvalError("Refused: 'unsafe-eval' is not an allowed source of script");
    };
    if (name === "Function") vi.stubGlobal("Function", refuse);
    else
      vi.stubGlobal("WebAssembly", {
        validate: () => true,
        Module: refuse,
        Memory: class {},
      });
  };

  test("a function is made the other way, and where both are forbidden interpreted, with the same value", () => {
    const javascript = make();
    forbid("Function");
    const webassembly = make();
    forbid("WebAssembly");
    const interpreted = make();
    expect([javascript, webassembly, interpreted].map(({ kind }) => kind)).toEqual([
      "javascript",
      "webassembly",
      "interpreted",
    ]);
    expect(at(webassembly)).toBe(at(javascript));
    expect(at(interpreted)).toBe(at(javascript));
  });

  test("without WebAssembly long functions are JavaScript, too", () => {
    let long: Scalar = x;
    for (let i = 0; i < 300; i++) long = sin(mul(2, long));
    const kindOf = (): string =>
      compile([{ name: "x", variables: [x] }], [{ length: 1, entries: [[0, long]] }]).kind;
    expect(kindOf()).toBe("webassembly");
    vi.stubGlobal("WebAssembly", undefined);
    expect(kindOf()).toBe("javascript");
  });

  test("it is interpreted too where that is asked for, and other words are refused", () => {
    expect(make("interpreted").kind).toBe("interpreted");
    expect(() => make("compiled" as Evaluation)).toThrow(
      'evaluation is "compiled", expected one of auto, javascript, webassembly, interpreted',
    );
  });
});

test("an expression of a variable that is not handed in is refused by name", () => {
  const [x, y] = variables(2);
  const one = (): unknown => compile([{ name: "x", variables: [x] }], [{ length: 1, entries: [[0, y]] }]);
  expect(one).toThrow("z1 may not be used here, expected x");
});
