export {
  add,
  block,
  definite,
  identity,
  inner,
  type Matrix,
  outer,
  plus,
  product,
  raise,
  rowsOf,
  solve,
  times,
  transpose,
} from "./dense.ts";
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
