import { spawn } from "node:child_process";

/**
 * Runs a script with this Node.js in the foreground: the terminal's streams and Ctrl-C are its own.
 *
 * @returns {Promise<number>} its exit status; 1 if a signal ended it
 */
export function runNode(args, options = {}) {
  const child = spawn(process.execPath, args, { stdio: "inherit", ...options });
  const ignore = () => {}; // the terminal sends Ctrl-C to the child too, which ends in its own way
  process.on("SIGINT", ignore);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
