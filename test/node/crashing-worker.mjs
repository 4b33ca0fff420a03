// A worker that does to itself what its job says.
import { existsSync, writeFileSync } from "node:fs";
import { serveJobs } from "../../dist/node/serve-jobs.js";

serveJobs(async ({ act, value, once }) => {
  if (once !== undefined) {
    if (existsSync(once)) return value; // the crash was the time before
    writeFileSync(once, "");
  }
  switch (act) {
    case "square":
      return value * value;
    case "sleep":
      await new Promise((resolve) => setTimeout(resolve, value));
      return value;
    case "throw":
      throw new Error("refused");
    case "exit":
      return process.exit(3);
    case "uncaught":
      setTimeout(() => {
        throw new Error("nobody caught this");
      });
      return new Promise(() => {});
    case "memory": {
      const hoard = [];
      for (;;) hoard.push(new Array(1e5).fill(hoard.length));
    }
    case "spin":
      for (;;);
    case "function":
      return () => value;
  }
});
