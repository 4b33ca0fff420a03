export type { Dynamics, Ocp, Rows, SoftPenalty, StateBox, Vec } from "./ocp.ts";
