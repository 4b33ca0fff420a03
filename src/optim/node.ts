export * from "./digits/read-digits.ts";
export * from "./encoder/embed-texts.ts";
export * from "./encoder/read-encoder.ts";
export * from "./language/read-corpus.ts";
export * from "./open-optimizer.ts";
export * from "./runs/held-out.ts";
export * from "./runs/run-optimizee.ts";
export * from "./texts/read-texts.ts";
