export { carProblem } from "../../src/bench/car-problem.ts";
