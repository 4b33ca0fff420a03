import {
  type Address,
  after,
  type Code,
  createLocals,
  createMemoryPlan,
  createSharedKernel,
  denseFloats,
  f32,
  f32x4,
  get,
  type Locals,
  type MemoryPlan,
  repeat,
  sequence,
  set,
  sharedPages,
  sumLanes,
  v128,
} from "../../wasm/index.ts";

/** Most bytes of a block's memory: larger ones are left to the plain form. */
const MOST_BYTES = 2 ** 27;
/** Vectors of a product that are summed side by side. */
const TILE = 12;
/** Rows that are multiplied with one side by side: additions to one sum wait for each other, to several they do not. */
const GROUP = 4;

/** A matrix in memory: rows of `stride` floats, of which those past its columns are zero. */
type Matrix = {
  readonly at: Address;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
};

/** The products of a block on memory of its own; matrices (n, n) have rows of `stride` floats. */
export type OrthogonalProducts<Numbers extends Float32Array | Float64Array = Float32Array | Float64Array> = {
  readonly stride: number;
  /** (n, n) */
  readonly squares: readonly Numbers[];
  /** X (n, length) and Y, rows of `wideStride` floats. */
  readonly X: Numbers;
  readonly Y: Numbers;
  readonly wideStride: number;
  /** `squares[0] = X X'`. */
  gram(): void;
  /** `squares[c] = squares[a] squares[b]`, c another than a and b. */
  multiply(a: number, b: number, c: number): void;
  /** `Y = squares[a] X`. */
  widen(a: number): void;
};

/**
 * Products of matrices (n, n) and (n, length) as WebAssembly, made for these sizes.
 *
 * @returns undefined where there are no vectors, or not the memory
 */
export function createOrthogonalProducts(
  n: number,
  length: number,
  count: number,
): OrthogonalProducts<Float32Array> | undefined {
  const memory = createMemoryPlan();
  const matrix = (columns: number): Matrix => {
    const stride = denseFloats(columns);
    return { at: memory.reserve(n * stride), rows: n, columns, stride };
  };
  const squares = Array.from({ length: count }, () => matrix(n));
  const [X, Y] = [matrix(length), matrix(length)];
  if (memory.bytes() > MOST_BYTES) return undefined;
  const at = (local: number): Address => ({ local, offset: 0 });
  const [square] = squares;
  const params = ["i32", "i32", "i32"] as const;
  const functionOf = (body: (locals: Locals) => Code, called: readonly "i32"[] = []) => {
    const locals = createLocals(called.length);
    const code = body(locals);
    return { params: called, result: undefined, locals: locals.types, body: code };
  };
  const functions = {
    gram: functionOf((locals) => gram(locals, memory, X, square)),
    multiply: functionOf((locals) => {
      const [A, B, C] = params.map((_, local) => ({ ...square, at: at(local) }));
      return product(locals, memory, A, B, C);
    }, params),
    widen: functionOf((locals) => product(locals, memory, { ...square, at: at(0) }, X, Y), ["i32"]),
  };
  const kernel = createSharedKernel({
    functions,
    pages: sharedPages(memory.bytes()),
    pool: `orthogonal ${n} ${length} ${count}`,
  });
  if (kernel === undefined) return undefined;
  const floats = new Float32Array(kernel.memory);
  memory.fill(floats);
  const view = ({ at: { offset }, rows, stride }: Matrix): Float32Array =>
    floats.subarray(offset / 4, offset / 4 + rows * stride);
  const { run } = kernel;
  return {
    stride: square.stride,
    squares: squares.map(view),
    X: view(X),
    Y: view(Y),
    wideStride: X.stride,
    gram: () => void run.gram(),
    multiply: (a, b, c) =>
      void run.multiply(squares[a].at.offset, squares[b].at.offset, squares[c].at.offset),
    widen: (a) => void run.widen(squares[a].at.offset),
  };
}

/** `C = A B`. */
function product(locals: Locals, memory: MemoryPlan, A: Matrix, B: Matrix, C: Matrix): Code {
  const all = B.stride / 4;
  const tiles = Math.ceil(all / TILE);
  const vectors = all / tiles;
  const sums = Array.from({ length: vectors }, () => locals.add("v128"));
  const factor = locals.add("v128");
  const [tileBytes, rowBytes] = [16 * vectors, 4 * B.stride];
  const add = (number: Address, row: Address): Code =>
    sequence(
      set(factor, v128.loadSplat(number)),
      ...sums.map((sum, t) =>
        set(sum, f32x4.add(get(sum), f32x4.mul(get(factor), v128.load(after(row, 16 * t))))),
      ),
    );
  return repeat(
    locals,
    tiles,
    [
      { from: B.at, stride: tileBytes },
      { from: C.at, stride: tileBytes },
    ],
    ([right, out]) =>
      repeat(
        locals,
        A.rows,
        [
          { from: A.at, stride: 4 * A.stride },
          { from: out, stride: rowBytes },
        ],
        ([left, row]) =>
          sequence(
            ...sums.map((sum) => set(sum, memory.constant(0))),
            repeat(
              locals,
              A.columns,
              [
                { from: left, stride: 4 },
                { from: right, stride: rowBytes },
              ],
              ([number, along]) => add(number, along),
            ),
            ...sums.map((sum, t) => v128.store(after(row, 16 * t), get(sum))),
          ),
      ),
  );
}

/** `A = X X'`. */
function gram(locals: Locals, memory: MemoryPlan, X: Matrix, A: Matrix): Code {
  const own = locals.add("v128");
  const sums = Array.from({ length: GROUP }, () => locals.add("v128"));
  const rowBytes = 4 * X.stride;
  const dots = (count: number, x: Address, y: Address, to: Address): Code => {
    const some = sums.slice(0, count);
    return sequence(
      ...some.map((sum) => set(sum, memory.constant(0))),
      repeat(
        locals,
        X.stride / 4,
        [
          { from: x, stride: 16 },
          { from: y, stride: 16 },
        ],
        ([a, b]) =>
          sequence(
            set(own, v128.load(a)),
            ...some.map((sum, r) =>
              set(sum, f32x4.add(get(sum), f32x4.mul(get(own), v128.load(after(b, r * rowBytes))))),
            ),
          ),
      ),
      ...some.map((sum, r) =>
        f32.store(after(to, 4 * r), f32x4.first(sumLanes({ locals, memory }, get(sum)))),
      ),
    );
  };
  const groups = Math.floor(X.rows / GROUP);
  const whole = groups * GROUP;
  return repeat(
    locals,
    X.rows,
    [
      { from: X.at, stride: rowBytes },
      { from: A.at, stride: 4 * A.stride },
    ],
    ([x, row]) =>
      sequence(
        repeat(
          locals,
          groups,
          [
            { from: X.at, stride: GROUP * rowBytes },
            { from: row, stride: 4 * GROUP },
          ],
          ([y, to]) => dots(GROUP, x, y, to),
        ),
        dots(X.rows - whole, x, after(X.at, whole * rowBytes), after(row, 4 * whole)),
      ),
  );
}
