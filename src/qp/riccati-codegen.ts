import type { DynamicsSparsity } from "../ocp/index.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/**
 * Kernels as straight-line code for one (nx, nu): every loop over states and controls is written out, the
 * cost-to-go stays in local variables, and products with entries known to be 0 or 1 are left out.
 *
 * @returns undefined where code generation is forbidden (a Content-Security-Policy without `unsafe-eval`)
 */
export function createGeneratedKernels(
  nx: number,
  nu: number,
  sparsity?: DynamicsSparsity,
): RiccatiKernels | undefined {
  const n = nameParts(nx, nu, sparsity);
  try {
    const compile = <F>(parameters: string, body: string): F => new Function(parameters, body) as F;
    return {
      kind: "generated",
      factor: compile("N,A,B,Q,R,M,dR,Y,L,Linv", factorCode(n)),
      solve: compile("N,A,B,q,r,Y,L,Linv,z,X,U", solveCode(n)),
      gradient: compile("N,Q,R,M,q,r,X,U,gx,gu", gradientCode(n)),
      adjoint: compile("N,A,B,gx,gu,ru", adjointCode(n)),
      rollout: compile(
        "N,A,B,U,X",
        forward(
          n,
          each(n.U, (i) => `const u${i}=U[uo+${i}];`),
        ),
      ),
    };
  } catch {
    return undefined;
  }
}

/** A factor of a product: "" is a known one, undefined a known zero. */
type Factor = string | undefined;

/** What the bodies are written with. Names: `a1_2` is A[1][2] of the stage, `p2_1` the cost-to-go, and so on. */
type Names = {
  readonly nx: number;
  readonly nu: number;
  /** 0..nx - 1 and 0..nu - 1. */
  readonly X: readonly number[];
  readonly U: readonly number[];
  /** Entries of A and B. */
  readonly a: (i: number, j: number) => Factor;
  readonly b: (i: number, j: number) => Factor;
  /** Declarations of the stage's offsets, and of what is not known of A and B. */
  readonly offsets: string;
  readonly loadAB: string;
};

function nameParts(nx: number, nu: number, sparsity: DynamicsSparsity | undefined): Names {
  const X = Array.from({ length: nx }, (_, i) => i);
  const U = Array.from({ length: nu }, (_, i) => i);
  const known = (name: string, kind: string | undefined): Factor =>
    kind === "0" ? undefined : kind === "1" ? "" : name;
  const a = (i: number, j: number): Factor => known(`a${i}_${j}`, sparsity?.A[i][j]);
  const b = (i: number, j: number): Factor => known(`b${i}_${j}`, sparsity?.B[i][j]);
  const load = (f: Factor, from: string): string => (f ? `const ${f}=${from};` : "");
  return {
    nx,
    nu,
    X,
    U,
    a,
    b,
    offsets: `const ao=k*${nx * nx},bo=k*${nx * nu},ro=k*${nu * nu},yo=k*${nu * nx},xo=k*${nx},uo=k*${nu};`,
    loadAB:
      each(X, (i) => each(X, (j) => load(a(i, j), `A[ao+${i * nx + j}]`))) +
      each(X, (i) => each(U, (j) => load(b(i, j), `B[bo+${i * nu + j}]`))),
  };
}

const p = (i: number, j: number): string => (i >= j ? `p${i}_${j}` : `p${j}_${i}`);
const times = (f: Factor, name: string): Factor =>
  f === undefined ? undefined : f === "" ? name : `${f}*${name}`;
const sum = (terms: Factor[]): string => terms.filter((t) => t !== undefined).join("+") || "0";
const each = (items: readonly number[], f: (i: number) => string): string => items.map(f).join("");
const lower = (items: readonly number[], f: (i: number, j: number) => string): string =>
  each(items, (i) => each(items.slice(0, i + 1), (j) => f(i, j)));

/** The body of `factor`. */
function factorCode(n: Names): string {
  const { nx, nu, X, U, a, b, offsets, loadAB } = n;
  return `
${lower(X, (i, j) => `let p${i}_${j}=Q[N*${nx * nx}+${i * nx + j}];`)}
for(let k=N-1;k>=0;k--){${offsets}
${loadAB}
${each(X, (i) => each(U, (j) => `const f${i}_${j}=${sum(X.map((l) => times(b(l, j), p(i, l))))};`))}
${lower(U, (i, j) => `let h${i}_${j}=R[ro+${i * nu + j}]${i === j ? `+dR[uo+${i}]` : ""}+${sum(X.map((l) => times(b(l, i), `f${l}_${j}`)))};`)}
${each(U, (i) => {
  const inner = each(U.slice(0, i), (j) => {
    const minus = each(U.slice(0, j), (l) => `-l${i}_${l}*l${j}_${l}`);
    return `const l${i}_${j}=(h${i}_${j}${minus})*d${j};L[ro+${i * nu + j}]=l${i}_${j};`;
  });
  const minus = each(U.slice(0, i), (l) => `-l${i}_${l}*l${i}_${l}`);
  return `${inner}const s${i}=h${i}_${i}${minus};if(!(s${i}>0&&s${i}<Infinity))return false;const d${i}=1/Math.sqrt(s${i});Linv[uo+${i}]=d${i};`;
})}
${each(X, (j) =>
  each(U, (i) => {
    // (B'P A)_ij = sum_l f_li a_lj
    const g = `M[yo+${i * nx + j}]+${sum(X.map((l) => times(a(l, j), `f${l}_${i}`)))}`;
    const minus = each(U.slice(0, i), (l) => `-l${i}_${l}*y${l}_${j}`);
    return `const y${i}_${j}=(${g}${minus})*d${i};Y[yo+${i * nx + j}]=y${i}_${j};`;
  }),
)}
if(k===0)break;
${each(X, (j) => {
  const column = each(X, (i) => `const e${i}_${j}=${sum(X.map((l) => times(a(l, j), p(i, l))))};`);
  return column;
})}
${lower(X, (i, j) => {
  const minus = each(U, (l) => `-y${l}_${i}*y${l}_${j}`);
  return `const n${i}_${j}=Q[ao+${i * nx + j}]+${sum(X.map((l) => times(a(l, i), `e${l}_${j}`)))}${minus};`;
})}
${lower(X, (i, j) => `p${i}_${j}=n${i}_${j};`)}
}
return true;`;
}

/** The states from x_0 = 0 on, with what sets each stage's controls. */
function forward(n: Names, control: string): string {
  const { nx, nu, X, U, a, b, offsets } = n;
  return `
${each(X, (i) => `let x${i}=0;X[${i}]=0;`)}
for(let k=0;k<N;k++){${offsets}
${control}
${each(X, (i) => {
  const terms = [
    ...X.map(
      (j) => times(a(i, j) && `A[ao+${i * nx + j}]`, `x${j}`) ?? (a(i, j) === "" ? `x${j}` : undefined),
    ),
    ...U.map(
      (j) => times(b(i, j) && `B[bo+${i * nu + j}]`, `u${j}`) ?? (b(i, j) === "" ? `u${j}` : undefined),
    ),
  ];
  return `const t${i}=${sum(terms)};`;
})}
${each(X, (i) => `x${i}=t${i};X[xo+${nx + i}]=t${i};`)}
}`;
}

/** The body of `solve`. */
function solveCode(n: Names): string {
  const { nx, nu, X, U, a, b, offsets, loadAB } = n;
  return `
${each(X, (i) => `let v${i}=q[N*${nx}+${i}];`)}
for(let k=N-1;k>0;k--){${offsets}
${loadAB}
${each(U, (i) => {
  const minus = each(U.slice(0, i), (l) => `-L[ro+${i * nu + l}]*z${l}`);
  return `const z${i}=(r[uo+${i}]+${sum(X.map((l) => times(b(l, i), `v${l}`)))}${minus})*Linv[uo+${i}];z[uo+${i}]=z${i};`;
})}
${each(X, (i) => {
  const minus = each(U, (l) => `-Y[yo+${l * nx + i}]*z${l}`);
  return `const w${i}=q[xo+${i}]+${sum(X.map((l) => times(a(l, i), `v${l}`)))}${minus};`;
})}
${each(X, (i) => `v${i}=w${i};`)}
}
${each(U, (i) => {
  const minus = each(U.slice(0, i), (l) => `-L[${i * nu + l}]*z[${l}]`);
  const terms = X.map(
    (l) => times(b(l, i) && `B[${l * nu + i}]`, `v${l}`) ?? (b(l, i) === "" ? `v${l}` : undefined),
  );
  return `z[${i}]=(r[${i}]+${sum(terms)}${minus})*Linv[${i}];`;
})}
${forward(
  n,
  [...U]
    .reverse()
    .map((i) => {
      const states = each(X, (l) => `-Y[yo+${i * nx + l}]*x${l}`);
      const controls = each(U.slice(i + 1), (l) => `-L[ro+${l * nu + i}]*u${l}`);
      return `const u${i}=(-z[uo+${i}]${states}${controls})*Linv[uo+${i}];U[uo+${i}]=u${i};`;
    })
    .join(""),
)}`;
}

/** The body of `gradient`. */
function gradientCode(n: Names): string {
  const { nx, nu, X, U, offsets } = n;
  return `
${each(X, (i) => `gx[${i}]=0;`)}
for(let k=0;k<N;k++){${offsets}
${each(X, (i) => `const x${i}=X[xo+${i}];`)}
${each(U, (i) => `const u${i}=U[uo+${i}];`)}
${each(U, (i) => {
  const terms = [...U.map((j) => `R[ro+${i * nu + j}]*u${j}`), ...X.map((j) => `M[yo+${i * nx + j}]*x${j}`)];
  return `gu[uo+${i}]=r[uo+${i}]+${terms.join("+")};`;
})}
if(k===0)continue;
${each(X, (i) => {
  const terms = [...X.map((j) => `Q[ao+${i * nx + j}]*x${j}`), ...U.map((j) => `M[yo+${j * nx + i}]*u${j}`)];
  return `gx[xo+${i}]=q[xo+${i}]+${terms.join("+")};`;
})}
}
{const k=N;${offsets}
${each(X, (i) => `gx[xo+${i}]=q[xo+${i}]+${X.map((j) => `Q[ao+${i * nx + j}]*X[xo+${j}]`).join("+")};`)}
}`;
}

/** The body of `adjoint`. */
function adjointCode(n: Names): string {
  const { nx, X, U, a, b, offsets, loadAB } = n;
  return `
${each(X, (i) => `let v${i}=gx[N*${nx}+${i}];`)}
for(let k=N-1;k>=0;k--){${offsets}
${loadAB}
${each(U, (i) => `ru[uo+${i}]=gu[uo+${i}]+${sum(X.map((l) => times(b(l, i), `v${l}`)))};`)}
${each(X, (i) => `const w${i}=gx[xo+${i}]+${sum(X.map((l) => times(a(l, i), `v${l}`)))};`)}
${each(X, (i) => `v${i}=w${i};`)}
}`;
}
