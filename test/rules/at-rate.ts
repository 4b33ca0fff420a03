import { type Schedule, takesRate } from "../../src/rules/index.ts";

/** A learning rate as options, for the optimizers that have one. */
export function atRate(name: string, learningRate: number | Schedule): { learningRate?: number | Schedule } {
  return takesRate(name) ? { learningRate } : {};
}
