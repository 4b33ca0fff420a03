import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { endianness, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { messageOf } from "../../base/index.ts";
import type { Vec } from "../../ocp/index.ts";
import type { Nlp } from "./nlp.ts";

const SOURCE = fileURLToPath(new URL("../../../src/bench/peers/ipopt-driver.c", import.meta.url));
const SOLVED = 0;
const ACCEPTABLE = 1;
const STATUSES: Readonly<Record<number, string>> = {
  [SOLVED]: "converged",
  [ACCEPTABLE]: "acceptable",
  2: "infeasible",
  4: "diverging",
  [-1]: "maxIterations",
  [-2]: "restoration failed",
  [-4]: "deadline",
};

/** IPOPT's answer. */
export type IpoptResult = {
  /** "converged", or IPOPT's word for what happened. */
  readonly status: string;
  readonly iterations: number;
  readonly z: Vec;
  /** (m) multipliers of `f + lambda'g`. */
  readonly lambda: Vec;
  /** Wall time of the solve. [ms] */
  readonly ms: number;
  /** What remains of it without the evaluations, which are made in this process over a pipe. [ms] */
  readonly ownMs: number;
  /** What the evaluations alone took here, without the pipe. [ms] */
  readonly evaluationMs: number;
};

/** The compiled driver, or why there is none. */
export type IpoptDriver = { readonly path: string } | { readonly missing: string };

/** Compiles the driver with gcc against the system's IPOPT, once per source, into the folder for temporary files. */
export async function buildIpoptDriver(): Promise<IpoptDriver> {
  const source = await readFile(SOURCE);
  const folder = join(tmpdir(), "mnemosyne-ipopt");
  const path = join(folder, createHash("sha256").update(source).digest("hex").slice(0, 16));
  if (
    await stat(path).then(
      () => true,
      () => false,
    )
  )
    return { path };
  await mkdir(folder, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  try {
    await promisify(execFile)("gcc", ["-O2", "-o", fresh, SOURCE, "-lipopt"]);
    await rename(fresh, path);
    return { path };
  } catch (error) {
    const reason = messageOf(error).includes("ENOENT") ? "gcc is not installed" : "IPOPT is not installed";
    return { missing: `${reason}; on Debian: apt-get install gcc coinor-libipopt-dev` };
  }
}

/** What a solve by IPOPT is asked for. */
export type IpoptOptions = {
  readonly tol: number;
  readonly maxIterations: number;
  /** The most processor time of the driver. [ms] */
  readonly limit: number;
  /** Monotonic. [ms] */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
};

/**
 * Solves a nonlinear program with IPOPT in a process of its own, which asks this one for values and derivatives.
 *
 * @throws Error where the driver does not end as it should
 */
export async function solveIpopt(
  driver: string,
  nlp: Nlp,
  z0: Vec,
  options: IpoptOptions,
): Promise<IpoptResult> {
  if (endianness() !== "LE") throw new Error("the driver's pipe needs a little-endian machine");
  const { n, m, jacobianPattern: J, hessianPattern: H } = nlp;
  const child = spawn(driver, { stdio: ["pipe", "pipe", "inherit"], signal: options.signal });
  const gone = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => code !== 0 && reject(new Error(`IPOPT's driver ended with ${code}`)));
  });
  gone.catch(() => {});
  child.stdin.on("error", () => {});
  const { stdin } = child;
  const give = (...parts: ArrayBufferView[]): void => {
    stdin.cork();
    for (const part of parts) stdin.write(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    stdin.uncork();
  };
  const take = createTaker(child.stdout);
  const sizes = Int32Array.of(n, m, J.row.length, H.row.length, options.maxIterations);
  give(sizes, Float64Array.of(options.tol, options.limit / 1000), J.row, J.col, H.row, H.col);
  give(nlp.lower, nlp.upper, nlp.gLower, nlp.gUpper, z0);
  let evaluationMs = 0;
  const ints = async (count: number) => new Int32Array(await Promise.race([take(4 * count), gone]));
  const doubles = async (count: number) => new Float64Array(await Promise.race([take(8 * count), gone]));
  for (;;) {
    const [question] = await ints(1);
    if (question === 0) break;
    const z = await doubles(n);
    const [factor, lambda] = question === 3 ? [(await doubles(1))[0], await doubles(m)] : [0, z];
    const began = options.clock();
    const answer = new Float64Array(
      question === 1 ? 1 + m : question === 2 ? n + J.row.length : H.row.length,
    );
    if (question === 1) answer[0] = nlp.value(z, answer.subarray(1));
    else if (question === 2) nlp.slope(z, answer.subarray(0, n), answer.subarray(n));
    else nlp.hessian(z, factor, lambda, answer);
    evaluationMs += options.clock() - began;
    give(answer);
  }
  const [status, iterations] = await ints(2);
  const [ms, msOfAnswers] = await doubles(2);
  const z = await doubles(n);
  const lambda = await doubles(m);
  await take(16 * n);
  return {
    status: STATUSES[status] ?? `status ${status}`,
    iterations,
    z,
    lambda,
    ms,
    ownMs: ms - msOfAnswers,
    evaluationMs,
  };
}

/** Takes exactly so many bytes from a stream, as an aligned buffer. */
function createTaker(stream: NodeJS.ReadableStream): (bytes: number) => Promise<ArrayBuffer> {
  const chunks: Buffer[] = [];
  let held = 0;
  let wake: (() => void) | undefined;
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    wake?.();
  });
  return async (bytes) => {
    while (held < bytes) await new Promise<void>((resolve) => (wake = resolve));
    const out = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const part = chunks[0].subarray(0, bytes - at);
      out.set(part, at);
      at += part.length;
      held -= part.length;
      if (part.length === chunks[0].length) chunks.shift();
      else chunks[0] = chunks[0].subarray(part.length);
    }
    return out.buffer;
  };
}
