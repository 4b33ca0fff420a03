export { readDigits } from "./digits/read-digits.ts";
