export { readDigitFolder, readDigits, unpackDigitFile } from "./digits/read-digits.ts";
export { openOptimizer, shippedOptimizerFile, shippedOptimizers } from "./open-optimizer.ts";
