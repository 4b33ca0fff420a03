export * from "./dense.ts";
export * from "./joint-blocks.ts";
export * from "./lqr-affine.ts";
export * from "./negative-curvature.ts";
export * from "./products.ts";
export * from "./symmetric.ts";
export * from "./tv-lqr.ts";
