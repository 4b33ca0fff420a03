export { readDigitFolder, readDigits } from "./digits/read-digits.ts";
