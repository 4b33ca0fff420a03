import { takesRate } from "../../../rules/index.ts";
import { type OptimizerChoice, type RateSchedule, withHorizon, withRate } from "../optimizer-list.ts";

/** How a learning rate goes, and Adam's shares: what is chosen for an optimizer with a rate, for each horizon anew. */
export type FairSetting = {
  readonly rate: number;
  readonly schedule: RateSchedule;
  readonly betas?: readonly [number, number];
};

/** All but the rate. */
export type FairKind = Omit<FairSetting, "rate">;

const SCHEDULES = ["constant", "cosine", "warm-up, cosine"] as const satisfies readonly RateSchedule[];
/** The usual ones, and those of `feedback`. */
const ADAM_BETAS = [
  [0.9, 0.999],
  [0.72, 0.9875],
] as const;
const BETAS: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  adam: ADAM_BETAS,
  adamw: ADAM_BETAS,
  muon: [
    [0.95, 0.95],
    [0.72, 0.9875],
  ],
};

/** What is tried for an optimizer, each with rates of its own. */
export function kindsOf(name: string): FairKind[] {
  const betas = BETAS[name] ?? [undefined];
  return SCHEDULES.flatMap((schedule) => betas.map((pair) => ({ schedule, ...(pair && { betas: pair }) })));
}

/** An optimizer with a setting for a run of so many steps. */
export function settle(
  name: string,
  { rate, schedule, betas }: FairSetting,
  horizon: number,
): OptimizerChoice {
  const shares = betas === undefined ? "" : `, ${betas.join(" ")}`;
  const choice = withRate(name, Number(rate.toPrecision(3)));
  return { ...choice, label: `${choice.label} ${schedule}${shares} @${horizon}`, schedule, betas, horizon };
}

/** An optimizer that is not searched, for a run of so many steps. */
export function entrant(choice: OptimizerChoice, horizon: number): OptimizerChoice {
  const told = withHorizon(choice, horizon);
  return told === choice || (choice.kind === "classic" && takesRate(choice.name))
    ? choice
    : { ...told, label: `${choice.label} @${horizon}` };
}
