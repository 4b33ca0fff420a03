/** What a robot is about: on its way, getting unstuck, there, told to wait, without a goal, at a loss, or faulty. */
export const PHASES = ["driving", "recovering", "arrived", "paused", "idle", "stuck", "fault"] as const;
/** One of the {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** How the command of a control tick came about, best first. */
export const PLAN_SOURCES = ["solution", "lastPlan", "brake", "stop"] as const;
/** One of the {@link PLAN_SOURCES}. */
export type PlanSource = (typeof PLAN_SOURCES)[number];
