import type { Figures } from "../init-net/index.ts";
import type { RunLog } from "../node/index.ts";
import type { Baselines, Quality } from "./plan-quality.ts";

/** The mean of the updates since the line before. */
export type TrainLine = {
  readonly type: "train";
  readonly step: number;
  readonly seconds: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly rate: number;
  readonly perSecond: number;
};
export type ValidationLine = {
  readonly type: "validation";
  readonly step: number;
  readonly seconds: number;
  readonly figures: Figures;
  readonly quality: Quality;
};
/** What there is without a network. */
export type BaselineLine = { readonly type: "baselines"; readonly step: 0; readonly baselines: Baselines };
export type LogLine = TrainLine | ValidationLine | BaselineLine;

/** The log of a run, JSON Lines, and what it holds. */
export type TrainLog = RunLog<LogLine>;
