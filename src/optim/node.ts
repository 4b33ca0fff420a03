export { readDigitFolder, readDigits, unpackDigitFile } from "./digits/read-digits.ts";
