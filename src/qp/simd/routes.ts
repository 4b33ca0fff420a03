import { entryOf, type SimdLayout } from "./layout.ts";

/** Where the entries of a stage's block of one array go. */
export type Route = {
  /** Entries of a block. */
  readonly size: number;
  /** Entry by entry, and where it goes in the stage's record; one may go to two places. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Entries that go nowhere, as they are known. */
  readonly rest: Int32Array;
};

/** The routes of a QP's arrays of the same names. */
export type SimdRoutes = Readonly<Record<"A" | "B" | "Q" | "R" | "M" | "q" | "r", Route>>;

/**
 * Finds the way of each number of a QP to its kernels' memory: `F = [B A]`, less the known ones of A's diagonal, by rows
 * and by columns, `H = [R M; M' Q]` and `h = [r | q]`. What is known to be zero is not sent.
 */
export function simdRoutes(layout: SimdLayout): SimdRoutes {
  const { nx, nu, Lu, Lx, ld, record } = layout;
  const [F, Ft, H, h] = [record.F / 8, record.Ft / 8, record.H / 8, record.h / 8];
  const dynamics = (i: number, column: number): number[] => {
    if (entryOf(layout, i, column) === "0") return [];
    return [F + i * ld + layout.columns[column], Ft + column * 2 * Lx + i];
  };
  return {
    A: route(nx, nx, (i, j) => dynamics(i, nu + j)),
    B: route(nx, nu, dynamics),
    Q: route(nx, nx, (i, j) => [H + (nu + i) * ld + 2 * Lu + j]),
    R: route(nu, nu, (i, j) => [H + i * ld + j]),
    M: route(nu, nx, (i, j) => [H + i * ld + 2 * Lu + j, H + (nu + j) * ld + i]),
    q: route(nx, 1, (i) => [h + 2 * Lu + i]),
    r: route(nu, 1, (i) => [h + i]),
  };
}

function route(rows: number, columns: number, placesOf: (i: number, j: number) => readonly number[]): Route {
  const from: number[] = [];
  const to: number[] = [];
  const rest: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const places = placesOf(i, j);
      for (const place of places) {
        from.push(i * columns + j);
        to.push(place);
      }
      if (places.length === 0) rest.push(i * columns + j);
    }
  }
  return {
    size: rows * columns,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    rest: Int32Array.from(rest),
  };
}
