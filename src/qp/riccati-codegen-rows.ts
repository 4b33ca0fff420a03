import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/**
 * Kernels for sizes whose straight-line code would be too long to compile: loops over rows and columns stay,
 * only each inner product is written out, its fixed factor held in local variables.
 *
 * @returns undefined where code generation is forbidden
 */
export function createRowKernels(nx: number, nu: number): RiccatiKernels | undefined {
  const scratch = (n: number): Float64Array => new Float64Array(n);
  const buffers = [scratch(nx * nx), scratch(nx * nx), scratch(nx * nu), scratch(nu * nu), scratch(nx)];
  const code = writer(nx, nu);
  try {
    // The buffers are bound once, as P, PA, PB, H and w of the bodies.
    const compile = <F>(parameters: string, body: string): F =>
      new Function("P", "PA", "PB", "H", "w", `return function(${parameters}){${body}}`)(...buffers) as F;
    return {
      kind: "generated",
      factor: compile("N,A,B,Q,R,M,dR,Y,L,Linv", code.factor),
      solve: compile("N,A,B,q,r,Y,L,Linv,z,X,U", code.solve),
      gradient: compile("N,Q,R,M,q,r,X,U,gx,gu", code.gradient),
      adjoint: compile("N,A,B,gx,gu,ru", code.adjoint),
      rollout: compile("N,A,B,U,X", code.rollout),
    };
  } catch {
    return undefined;
  }
}

/** Writes the bodies. `dot` is a written-out inner product, `loads` the declarations of its held factor. */
function writer(nx: number, nu: number) {
  const indices = (n: number): number[] => Array.from({ length: n }, (_, l) => l);
  const dot = (n: number, left: (l: number) => string, right: (l: number) => string): string =>
    indices(n)
      .map((l) => `${left(l)}*${right(l)}`)
      .join("+");
  const loads = (name: string, n: number, from: (l: number) => string): string =>
    `const ${indices(n)
      .map((l) => `${name}${l}=${from(l)}`)
      .join(",")};`;
  const held =
    (name: string) =>
    (l: number): string =>
      `${name}${l}`;
  const offsets = `const ao=k*${nx * nx},bo=k*${nx * nu},ro=k*${nu * nu},yo=k*${nu * nx},xo=k*${nx},uo=k*${nu};`;
  const all = (i: string, n: number | string, body: string): string =>
    `for(let ${i}=0;${i}<${n};${i}++){${body}}`;

  const factor = `
${all("i", nx, all("j", "i+1", `P[i*${nx}+j]=P[j*${nx}+i]=Q[N*${nx * nx}+i*${nx}+j];`))}
for(let k=N-1;k>=0;k--){${offsets}
${all(
  "i",
  nx,
  loads("p", nx, (l) => `P[i*${nx}+${l}]`) +
    all("j", nx, `PA[i*${nx}+j]=${dot(nx, held("p"), (l) => `A[ao+${l * nx}+j]`)};`) +
    all("j", nu, `PB[i*${nu}+j]=${dot(nx, held("p"), (l) => `B[bo+${l * nu}+j]`)};`),
)}
${all(
  "i",
  nu,
  loads("b", nx, (l) => `B[bo+${l * nu}+i]`) +
    all("j", "i+1", `H[i*${nu}+j]=R[ro+i*${nu}+j]+${dot(nx, held("b"), (l) => `PB[${l * nu}+j]`)};`) +
    all("j", nx, `Y[yo+i*${nx}+j]=M[yo+i*${nx}+j]+${dot(nx, held("b"), (l) => `PA[${l * nx}+j]`)};`),
)}
${all(
  "i",
  nu,
  `for(let j=0;j<i;j++){let h=H[i*${nu}+j];for(let l=0;l<j;l++)h-=L[ro+i*${nu}+l]*L[ro+j*${nu}+l];L[ro+i*${nu}+j]=h*Linv[uo+j];}
let h=H[i*${nu}+i]+dR[uo+i];for(let l=0;l<i;l++)h-=L[ro+i*${nu}+l]*L[ro+i*${nu}+l];
if(!(h>0&&h<Infinity))return false;
const inverse=1/Math.sqrt(h);Linv[uo+i]=inverse;
for(let l=0;l<i;l++){const f=L[ro+i*${nu}+l];${all("j", nx, `Y[yo+i*${nx}+j]-=f*Y[yo+l*${nx}+j];`)}}
${all("j", nx, `Y[yo+i*${nx}+j]*=inverse;`)}`,
)}
if(k===0)break;
${all(
  "i",
  nx,
  loads("a", nx, (l) => `A[ao+${l * nx}+i]`) +
    loads("y", nu, (l) => `Y[yo+${l * nx}+i]`) +
    all(
      "j",
      "i+1",
      `P[i*${nx}+j]=P[j*${nx}+i]=Q[ao+i*${nx}+j]+${dot(nx, held("a"), (l) => `PA[${l * nx}+j]`)}-(${dot(nu, held("y"), (l) => `Y[yo+${l * nx}+j]`)});`,
    ),
)}
}
return true;`;

  const forward = (controls: string): string => `
${all("i", nx, "X[i]=0;")}
for(let k=0;k<N;k++){${offsets}
${loads("x", nx, (l) => `X[xo+${l}]`)}
${controls}
${loads("u", nu, (l) => `U[uo+${l}]`)}
${all("i", nx, `X[xo+${nx}+i]=${dot(nx, (l) => `A[ao+i*${nx}+${l}]`, held("x"))}+${dot(nu, (l) => `B[bo+i*${nu}+${l}]`, held("u"))};`)}
}`;

  const solve = `
${all("i", nx, `w[i]=q[N*${nx}+i];`)}
for(let k=N-1;k>=0;k--){${offsets}
${loads("v", nx, (l) => `w[${l}]`)}
${all(
  "i",
  nu,
  `let s=r[uo+i]+${dot(nx, (l) => `B[bo+${l * nu}+i]`, held("v"))};
for(let l=0;l<i;l++)s-=L[ro+i*${nu}+l]*z[uo+l];z[uo+i]=s*Linv[uo+i];`,
)}
if(k===0)break;
${loads("z", nu, (l) => `z[uo+${l}]`)}
${all("i", nx, `w[i]=q[xo+i]+${dot(nx, (l) => `A[ao+${l * nx}+i]`, held("v"))}-(${dot(nu, (l) => `Y[yo+${l * nx}+i]`, held("z"))});`)}
}
${forward(`for(let i=${nu - 1};i>=0;i--){let s=-z[uo+i]-(${dot(nx, (l) => `Y[yo+i*${nx}+${l}]`, held("x"))});
for(let l=i+1;l<${nu};l++)s-=L[ro+l*${nu}+i]*U[uo+l];U[uo+i]=s*Linv[uo+i];}`)}`;

  const gradient = `
${all("i", nx, "gx[i]=0;")}
for(let k=0;k<N;k++){${offsets}
${loads("x", nx, (l) => `X[xo+${l}]`)}${loads("u", nu, (l) => `U[uo+${l}]`)}
${all("i", nu, `gu[uo+i]=r[uo+i]+${dot(nu, (l) => `R[ro+i*${nu}+${l}]`, held("u"))}+${dot(nx, (l) => `M[yo+i*${nx}+${l}]`, held("x"))};`)}
if(k===0)continue;
${all("i", nx, `gx[xo+i]=q[xo+i]+${dot(nx, (l) => `Q[ao+i*${nx}+${l}]`, held("x"))}+${dot(nu, (l) => `M[yo+${l * nx}+i]`, held("u"))};`)}
}
{const k=N;${offsets}${loads("x", nx, (l) => `X[xo+${l}]`)}
${all("i", nx, `gx[xo+i]=q[xo+i]+${dot(nx, (l) => `Q[ao+i*${nx}+${l}]`, held("x"))};`)}}`;

  const adjoint = `
${all("i", nx, `w[i]=gx[N*${nx}+i];`)}
for(let k=N-1;k>=0;k--){${offsets}
${loads("v", nx, (l) => `w[${l}]`)}
${all("i", nu, `ru[uo+i]=gu[uo+i]+${dot(nx, (l) => `B[bo+${l * nu}+i]`, held("v"))};`)}
${all("i", nx, `w[i]=gx[xo+i]+${dot(nx, (l) => `A[ao+${l * nx}+i]`, held("v"))};`)}
}`;

  return { factor, solve, gradient, adjoint, rollout: forward("") };
}
