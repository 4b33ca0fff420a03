export { carProblem } from "../../src/cli/bench/car-problem.ts";
