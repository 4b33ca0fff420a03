import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether Debian's redis-server, or one like it, is on this machine. */
export const HAS_REDIS = spawnSync("redis-server", ["--version"]).status === 0;

/** A Redis server of a test's own, on loopback, that keeps nothing. */
export type RedisServer = { readonly url: string; readonly port: number; stop(): void };

/** Starts a server. @param port a free one */
export async function startRedis(port?: number): Promise<RedisServer> {
  const own = port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const args = ["--port", String(own), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const child: ChildProcess = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on("data", (text) => {
      if (String(text).includes("Ready to accept connections")) resolve();
    });
    child.on("exit", (code) => reject(new Error(`redis-server ended with status ${code}`)));
  });
  child.removeAllListeners("exit");
  return { url: `redis://127.0.0.1:${own}`, port: own, stop: () => void child.kill("SIGKILL") };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
