export * from "./digits/read-digits.ts";
export * from "./open-optimizer.ts";
