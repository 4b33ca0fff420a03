import { spawn } from "node:child_process";

// What the terminal sends to all that runs in it, and so to the child, which ends in its own way.
const OF_TERMINAL = ["SIGINT", "SIGHUP"];

/**
 * Runs a script with this Node.js in the foreground: the terminal's streams and Ctrl-C are its own; SIGTERM, which is sent
 * to one process, is passed on.
 *
 * @returns {Promise<number>} its exit status; 1 if a signal ended it
 */
export function runNode(args, options = {}) {
  const child = spawn(process.execPath, args, { stdio: "inherit", ...options });
  const ignore = () => {};
  const passOn = () => child.kill("SIGTERM");
  for (const signal of OF_TERMINAL) process.on(signal, ignore);
  process.on("SIGTERM", passOn);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      for (const signal of OF_TERMINAL) process.off(signal, ignore);
      process.off("SIGTERM", passOn);
      resolve(code ?? 1);
    });
  });
}
