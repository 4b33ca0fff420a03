export * from "./body-gap.ts";
export * from "./mover-ahead.ts";
