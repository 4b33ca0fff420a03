import { ZOO, type ZooName } from "../../zoo/index.ts";
import { type BenchRun, measuredSpread } from "../measures.ts";
import { type OcpRow, ocpRow } from "../ocp/bench-ocp.ts";
import { OCP_SOLVERS, type OcpAnswer, type OcpSolverName } from "../ocp/ocp-solvers.ts";
import { buildIpoptDriver, type IpoptResult, solveIpopt } from "./ipopt.ts";
import { shootingNlp } from "./shooting-nlp.ts";

/** What `bench peers` compares on. */
export type BenchPeersOptions = BenchRun & {
  readonly problems: readonly ZooName[];
  /** The house's side; ratios are to the first. */
  readonly solvers: readonly OcpSolverName[];
  readonly repeats: number;
  /** Relative tolerance of all. */
  readonly tol: number;
  readonly maxIterations: number;
  /** The longest that a solve may take, and repeats of one row together. [ms] */
  readonly limit: number;
};

/** A row of `bench peers`: of the house's solvers, or of a peer. */
export type PeerRow = OcpRow & {
  readonly peer?: string;
  /** Median over that of the house's first solver, in the same run. */
  readonly ratio: number;
  /** What of a peer's time goes into the problem's functions, which both sides call. [ms] */
  readonly evaluation_ms?: number;
  /** What the pipe between the peer and this process took beside `ms`. [ms] */
  readonly pipe_ms?: number;
};

/** What `bench peers` has measured, and who is not there. */
export type BenchPeersResult = {
  readonly rows: readonly PeerRow[];
  readonly absent: readonly { readonly peer: string; readonly why: string }[];
};

/** Peers that are met through the exchange file alone. */
const BY_FILE = ["acados", "casadi", "fatrop", "hpipm", "osqp"];

/**
 * The house's solvers and IPOPT, in turn on the same problems from the same plain guess with the same tolerance; every
 * answer is judged alike. IPOPT solves them by multiple shooting in a process of its own and asks this one for values
 * and derivatives: its time is its own and that of the functions, without the pipe.
 */
export async function benchPeers(options: BenchPeersOptions): Promise<BenchPeersResult> {
  const driver = await buildIpoptDriver();
  const absent = BY_FILE.map((peer) => ({ peer, why: "met through --write and --read alone" }));
  if ("missing" in driver) absent.unshift({ peer: "ipopt", why: driver.missing });
  const rows: PeerRow[] = [];
  let done = 0;
  for (const name of options.problems) {
    rows.push(...(await peersOn(name, options, "path" in driver ? driver.path : undefined)));
    options.onProgress?.(++done);
  }
  return { rows, absent };
}

async function peersOn(name: ZooName, o: BenchPeersOptions, driver: string | undefined): Promise<PeerRow[]> {
  const problem = ZOO[name]();
  const { ocp, x0, guess } = problem;
  const { tol, maxIterations, limit, clock, signal } = o;
  const house = o.solvers.flatMap((solver) => {
    const solve = OCP_SOLVERS[solver].prepare(ocp);
    return solve === undefined ? [] : [{ solver, solve, times: [] as number[], answers: [] as OcpAnswer[] }];
  });
  const nlp = shootingNlp(ocp, x0);
  const z0 = nlp.join(guess);
  const ipopt: IpoptResult[] = [];
  const spent = (): number => ipopt.reduce((sum, { ms }) => sum + ms, 0);
  for (let round = 0; round <= o.repeats; round++) {
    for (const { solve, times, answers } of house) {
      signal?.throwIfAborted();
      if (times.reduce((sum, ms) => sum + ms, 0) > limit) continue;
      const began = clock();
      answers.push(solve(x0, guess, { tol, maxIterations, deadline: limit, clock }));
      times.push(clock() - began);
    }
    if (driver !== undefined && spent() <= limit)
      ipopt.push(await solveIpopt(driver, nlp, z0, { tol, maxIterations, limit, clock, signal }));
  }
  const first = house.map(({ solver, times, answers }) =>
    ocpRow(name, problem, solver, "plain", answers.at(-1)!, warm(times)),
  );
  const base = first[0]?.ms.p50 ?? Number.NaN;
  const ratioOf = (row: OcpRow): number => Number((row.ms.p50 / base).toPrecision(3));
  const rows: PeerRow[] = first.map((row) => ({ ...row, ratio: ratioOf(row) }));
  const last = ipopt.at(-1);
  if (last === undefined) return rows;
  const { status, iterations } = last;
  const times = warm(ipopt.map(({ ownMs, evaluationMs }) => ownMs + evaluationMs));
  const row = ocpRow(name, problem, "ipopt", "plain", { status, iterations, ...nlp.split(last.z) }, times);
  const median = (pick: (r: IpoptResult) => number): number =>
    measuredSpread(warm(ipopt.map(pick)), ["p50"], 3).p50;
  return [
    ...rows,
    {
      ...row,
      peer: "ipopt",
      ratio: ratioOf(row),
      evaluation_ms: median(({ evaluationMs }) => evaluationMs),
      pipe_ms: median(({ ms, ownMs, evaluationMs }) => ms - ownMs - evaluationMs),
    },
  ];
}

/** Without the first of several, which is for the compiler alone. */
function warm<T>(values: readonly T[]): readonly T[] {
  return values.length > 1 ? values.slice(1) : values;
}
