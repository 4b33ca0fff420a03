import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import type { Qp } from "../../src/qp/qp.ts";
import { createGeneratedKernels } from "../../src/qp/riccati-codegen.ts";
import { createRowKernels } from "../../src/qp/riccati-codegen-rows.ts";
import type { RiccatiKernels } from "../../src/qp/riccati-kernel-type.ts";
import { createRiccatiKernels } from "../../src/qp/riccati-kernels.ts";
import { createLoopKernels } from "../../src/qp/riccati-loops.ts";
import { condense } from "./oracles.ts";
import { randomQp } from "./random-qp.ts";

const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));

type Run = { ok: boolean; X: Float64Array; U: Float64Array; Y: Float64Array; L: Float64Array };

function run(kernels: RiccatiKernels, qp: Qp, dR: Float64Array): Run {
  const { N, nx, nu } = qp.shape;
  const Y = new Float64Array(N * nu * nx);
  const L = new Float64Array(N * nu * nu);
  const Linv = new Float64Array(N * nu);
  const X = new Float64Array((N + 1) * nx).fill(9);
  const U = new Float64Array(N * nu).fill(9);
  const ok = kernels.factor(N, qp.A, qp.B, qp.Q, qp.R, qp.M, dR, Y, L, Linv);
  if (ok) kernels.solve(N, qp.A, qp.B, qp.q, qp.r, Y, L, Linv, new Float64Array(N * nu), X, U);
  return { ok, X, U, Y, L };
}

const sizes: [number, number][] = [
  [1, 1],
  [2, 3],
  [4, 2],
  [5, 2],
  [8, 4],
  [13, 4],
  [40, 6],
];

function weights(rng: Rng, n: number): Float64Array {
  return Float64Array.from({ length: n }, () => rng.uniform());
}

describe("Riccati kernels", () => {
  it("a Riccati step equals the dense KKT solve", () => {
    for (const [nx, nu] of sizes) {
      const rng = createRng(nx);
      const qp = randomQp(rng, { N: 6, nx, nu, nc: 0, nb: 0, rank: Math.min(nx, 5) });
      const dR = weights(rng, 6 * nu);
      const { H, h } = condense(qp);
      const n = 6 * nu;
      for (let i = 0; i < n; i++) H[i * n + i] += dR[i];
      const dense = solveDense(
        H,
        h.map((v) => -v),
        n,
      );
      for (const kernels of [createLoopKernels(nx, nu), createRiccatiKernels({ nx, nu })]) {
        const { ok, U } = run(kernels, qp, dR);
        expect(ok).toBe(true);
        // Both are direct solves of a problem with condition number below 1e6.
        expect(difference(U, dense)).toBeLessThan(1e-9 * Math.max(1, largest(dense)));
      }
    }
  });

  it("generated kernels equal plain loops", () => {
    const both = (nx: number, nu: number): RiccatiKernels[] =>
      [nx <= 8 ? createGeneratedKernels(nx, nu) : undefined, createRowKernels(nx, nu)].filter(
        (kernels) => kernels !== undefined,
      );
    for (const [nx, nu, generated] of sizes.flatMap(([nx, nu]) =>
      both(nx, nu).map((k) => [nx, nu, k] as const),
    )) {
      const rng = createRng(10 * nx);
      const qp = randomQp(rng, { N: 7, nx, nu });
      const dR = weights(rng, 7 * nu);
      const loops = createLoopKernels(nx, nu);
      const one = run(loops, qp, dR);
      const other = run(generated, qp, dR);
      // The same sums in another order: a few roundings of numbers of order one to a hundred.
      for (const part of ["X", "U", "Y", "L"] as const) {
        expect(difference(one[part], other[part])).toBeLessThan(1e-10 * Math.max(1, largest(one[part])));
      }
      const { X, U } = one;
      const results = [loops, generated].map((kernels) => {
        const [gx, roll] = [new Float64Array(8 * nx), new Float64Array(8 * nx)];
        const [gu, ru] = [new Float64Array(7 * nu), new Float64Array(7 * nu)];
        kernels.gradient(7, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
        kernels.adjoint(7, qp.A, qp.B, gx, gu, ru);
        kernels.rollout(7, qp.A, qp.B, U, roll);
        return { gx, gu, ru, roll };
      });
      for (const part of ["gx", "gu", "ru", "roll"] as const) {
        expect(difference(results[0][part], results[1][part])).toBeLessThan(
          1e-10 * Math.max(1, largest(results[0][part])),
        );
      }
      expect(difference(results[0].roll, X)).toBeLessThan(1e-12 * Math.max(1, largest(X)));
    }
  });

  it("entries declared zero or one give the kernels of the full matrices", () => {
    const rng = createRng(3);
    const [N, nx, nu] = [9, 5, 2];
    const qp = randomQp(rng, { N, nx, nu });
    // One control and one state with no effect at all, among ones and general entries.
    const A = ["10***", "01***", "0010*", "00010", "00000"];
    const B = ["*0", "*0", "00", "10", "00"];
    for (const [rows, blocks] of [
      [A, qp.A],
      [B, qp.B],
    ] as const) {
      const kinds = rows.join("");
      blocks.forEach((_, i) => {
        const kind = kinds[i % kinds.length];
        if (kind !== "*") blocks[i] = Number(kind);
      });
    }
    const dR = weights(rng, N * nu);
    const full = run(createLoopKernels(nx, nu), qp, dR);
    const sparse = run(createGeneratedKernels(nx, nu, { A, B })!, qp, dR);
    for (const part of ["X", "U", "Y", "L"] as const) {
      expect(difference(full[part], sparse[part])).toBeLessThan(1e-10 * Math.max(1, largest(full[part])));
    }
  });

  it("a Hessian that is not positive definite, or not finite, is reported", () => {
    for (const kernels of [createLoopKernels(4, 2), createGeneratedKernels(4, 2)!, createRowKernels(4, 2)!]) {
      const qp = randomQp(createRng(1), { N: 5, nx: 4, nu: 2 });
      qp.R.fill(0);
      qp.R[3 * 4] = -1e6;
      expect(run(kernels, qp, new Float64Array(10)).ok).toBe(false);
      qp.R[3 * 4] = Number.NaN;
      expect(run(kernels, qp, new Float64Array(10)).ok).toBe(false);
      qp.R[3 * 4] = Infinity;
      expect(run(kernels, qp, new Float64Array(10)).ok).toBe(false);
    }
  });

  it("where code generation is forbidden, plain loops stand in", () => {
    const original = globalThis.Function;
    const forbidden = function forbidden(): never {
      throw new EvalError("Refused to evaluate a string as JavaScript");
    };
    try {
      globalThis.Function = forbidden as unknown as FunctionConstructor;
      expect(createGeneratedKernels(4, 2)).toBeUndefined();
      expect(createRowKernels(4, 2)).toBeUndefined();
      expect(createRiccatiKernels({ nx: 4, nu: 2 }).kind).toBe("loops");
      expect(createRiccatiKernels({ nx: 12, nu: 4 }).kind).toBe("loops");
    } finally {
      globalThis.Function = original;
    }
    expect(createRiccatiKernels({ nx: 4, nu: 2 }).kind).toBe("generated");
    expect(createRiccatiKernels({ nx: 12, nu: 4 }).kind).toBe("generated");
    expect(createRiccatiKernels({ nx: 12, nu: 4 }, { kernels: "loops" }).kind).toBe("loops");
  });
});

/** Gaussian elimination with partial pivoting. */
function solveDense(H: Float64Array, b: Float64Array, n: number): Float64Array {
  const M = H.slice();
  const x = b.slice();
  for (let c = 0; c < n; c++) {
    let p = c;
    for (let i = c + 1; i < n; i++) if (Math.abs(M[i * n + c]) > Math.abs(M[p * n + c])) p = i;
    for (let j = 0; j < n; j++) [M[c * n + j], M[p * n + j]] = [M[p * n + j], M[c * n + j]];
    [x[c], x[p]] = [x[p], x[c]];
    for (let i = c + 1; i < n; i++) {
      const f = M[i * n + c] / M[c * n + c];
      for (let j = c; j < n; j++) M[i * n + j] -= f * M[c * n + j];
      x[i] -= f * x[c];
    }
  }
  for (let c = n - 1; c >= 0; c--) {
    for (let j = c + 1; j < n; j++) x[c] -= M[c * n + j] * x[j];
    x[c] /= M[c * n + c];
  }
  return x;
}
