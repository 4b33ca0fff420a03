export { complainAbout, describeError, nameFile, UnavailableError } from "./errors.ts";
