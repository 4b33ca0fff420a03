export { addJointBlocks, projectJointBlocks } from "./joint-blocks.ts";
export {
  addScaled,
  addSymmetric,
  addTransposed,
  copyBlock,
  dot,
  largestMagnitude,
  multiply,
} from "./products.ts";
export {
  createEigenScratch,
  type EigenScratch,
  isPositiveDefinite,
  jacobiEigen,
  projectEigenvalues,
} from "./symmetric.ts";
export { createLqrScratch, type LqrProblem, type LqrScratch, lqrGains } from "./tv-lqr.ts";
