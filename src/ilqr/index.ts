export { createLqrScratch, type LqrProblem, type LqrScratch, lqrGains } from "./tv-lqr.ts";
