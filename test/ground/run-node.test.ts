import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const RUN_NODE = fileURLToPath(new URL("../../scripts/run-node.mjs", import.meta.url));
const CHILD = `
  process.on("SIGTERM", () => process.exit(7));
  setInterval(() => {}, 1000);
  console.log("begun");
`;

test("a script that is run in the foreground is told to end with its caller, and its status is the caller's", async () => {
  const caller = `
    import { runNode } from ${JSON.stringify(RUN_NODE)};
    process.exitCode = await runNode(["-e", ${JSON.stringify(CHILD)}]);
  `;
  const run = spawn(process.execPath, ["--input-type=module", "-e", caller], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((begun) => run.stdout.once("data", begun));
  run.kill("SIGTERM");
  expect(await new Promise((ended) => run.on("close", ended))).toBe(7);
});
