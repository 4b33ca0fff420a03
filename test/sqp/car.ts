export { carProblem } from "../../src/zoo/index.ts";
