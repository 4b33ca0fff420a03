import {
  abs,
  add,
  clip,
  concat,
  constant,
  div,
  expand,
  log,
  maximum,
  mul,
  reshape,
  slice,
  sqrt,
  sub,
  type Tensor,
} from "../../graph/index.ts";
import { type FeedbackTensors, HYPER } from "./feedback-law.ts";
import { fanIn } from "./orthogonal.ts";
import type { TensorFacts } from "./tensor-statistics.ts";

/** The facts of a step as tensors, each of the shape it has as an array; `hyper` one by one. */
export type TensorFactTensors = {
  readonly [fact in Exclude<keyof TensorFacts, "hyper">]: Tensor;
} & { readonly hyper: readonly Tensor[] };

/** `writeStatistics` as graph pieces. @returns (K, STATISTICS) */
export function statisticsTensor(
  { places, unit }: FeedbackTensors,
  facts: TensorFactTensors,
  firstLog: number,
): Tensor {
  const { fast, slow, square, directionRms, parameterRms, participation, logStep, losses, hyper } = facts;
  const { graph } = fast;
  const K = places.length;
  const known = (of: (k: number) => number): Tensor =>
    constant(
      graph,
      Float32Array.from({ length: K }, (_, k) => of(k)),
      [K],
    );
  const isMatrix = (k: number): boolean => places[k].shape.length > 1;
  const own = (x: Tensor): Tensor => slice(x, 0, 0, K);
  const ofAll = (x: Tensor): Tensor => expand(slice(x, 0, K, K + 1), [K]);
  const every = (x: Tensor): Tensor => expand(x, [K]);
  const ratio = div(slow, sqrt(add(square, 1e-8)));
  const [quick, usual] = [0, 1].map((i) => slice(losses, 0, i, i + 1));
  const rise = div(sub(quick, usual), maximum(add(abs(quick), abs(usual)), 1e-30));
  const half = (x: Tensor): Tensor => clip(add(mul(log(add(x, 1e-3)), 0.5), 0.5), -2, 1);
  const size = mul(
    clip(
      mul(
        log(
          add(
            mul(
              parameterRms,
              known((k) => 1 / unit[k]),
            ),
            1e-2,
          ),
        ),
        1 / 3,
      ),
      -2,
      2,
    ),
    known((k) => (isMatrix(k) ? 1 : 0)),
  );
  const columns = [
    own(fast),
    ofAll(fast),
    mul(own(slow), 2),
    own(ratio),
    ofAll(ratio),
    half(directionRms),
    size,
    known((k) => (isMatrix(k) ? Math.log(fanIn(places[k]) / 64) / 3 : 0)),
    known((k) => Math.log(places[k].size / 2000) / 4),
    known((k) => (isMatrix(k) ? 0 : 1)),
    mul(sub(logStep, firstLog), 1 / 3),
    half(participation),
    every(clip(mul(rise, 10), -1, 1)),
    ...[0, 1, 2, 3].map((i) => every(hyper[HYPER.time + i])),
    known(() => 1),
  ];
  return concat(
    columns.map((column) => reshape(column, [K, 1])),
    1,
  );
}
