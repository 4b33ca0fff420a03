import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserCommand, writeOpener } from "../../src/bridge/open-browser.ts";
import { parseByteRange } from "../../src/bridge/send-file.ts";
import { listViewer, nameLogs } from "../../src/bridge/served-files.ts";
import { startViewServer, type ViewServer } from "../../src/bridge/view-server.ts";
import { runHere } from "../cli/run-cli.ts";

const MAGIC = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a];
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-view-"));
const viewer = join(folder, "viewer");
const log = join(folder, "a run & more.mcap");
const bytes = Buffer.from([...MAGIC, ...Array.from({ length: 992 }, (_, i) => i % 251)]);
let server: ViewServer;

beforeAll(async () => {
  mkdirSync(join(viewer, "assets"), { recursive: true });
  writeFileSync(join(viewer, "index.html"), "<title>viewer</title>");
  writeFileSync(join(viewer, "assets", "main.js"), "export {};");
  writeFileSync(join(folder, "secret.txt"), "secret");
  symlinkSync(join(folder, "secret.txt"), join(viewer, "link.txt"));
  writeFileSync(log, bytes);
  const logs = await nameLogs([log]);
  const files = new Map([...listViewer(viewer), ...logs.map((l) => [l.url, l.file] as const)]);
  server = await startViewServer({ files, port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Answer = { status: number; headers: Record<string, unknown>; body: Buffer };

/** A request whose path, behind the token, and headers go out exactly as given. */
function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return askBare(server.base.slice(server.origin.length) + path, headers, method);
}

function askBare(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: server.port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

const LOG = "/logs/0/a%20run%20%26%20more.mcap";

describe("the viewer's server", () => {
  test("serves the viewer and the named log", async () => {
    expect((await ask("/")).body.toString()).toBe("<title>viewer</title>");
    expect((await ask("/?url=x")).status).toBe(200);
    const script = await ask("/assets/main.js");
    expect(script.headers["content-type"]).toContain("javascript");
    const whole = await ask(LOG);
    expect(whole.status).toBe(200);
    expect(whole.body.equals(bytes)).toBe(true);
  });

  test.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "//etc/passwd",
    "/logs/0/../../../secret.txt",
    "/logs/1/secret.txt",
    "/link.txt",
    "/secret.txt",
    "/assets",
    "/etc/passwd",
    "/index.html/",
  ])("%s is not served", async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body.toString()).not.toContain("secret\n");
  });

  test("another user of this machine, who knows the port but not the token, is given nothing", async () => {
    const token = server.base.slice(server.origin.length + 1);
    expect(token).toMatch(/^[\w-]{32}$/);
    const other = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    for (const path of ["/", LOG, "/assets/main.js", "/live/events", "/index.html"])
      for (const begin of ["", "/", `/${other}`, `/${token.slice(1)}`, `/${token}x`, "/undefined"]) {
        const { status, body } = await askBare(begin + path);
        expect([status, body.toString()]).toEqual([
          403,
          expect.stringContaining("the token is missing or wrong"),
        ]);
      }
    expect((await askBare(`/${token}`)).status).toBe(403);
    expect((await askBare(`/${token}/`)).status).toBe(200);
  });

  test("two servers have two tokens", async () => {
    const other = await startViewServer({ files: new Map(), port: 0 });
    expect(other.base.split("/").at(-1)).not.toBe(server.base.split("/").at(-1));
    await other.close();
  });

  test.each(["/%", "/%ff", "/a%00b"])("%s cannot be read", async (path) => {
    expect((await ask(path)).status).toBe(400);
  });

  test("ranges give exactly their bytes", async () => {
    const part = await ask(LOG, { Range: "bytes=8-17" });
    expect(part.status).toBe(206);
    expect(part.headers["content-range"]).toBe("bytes 8-17/1000");
    expect(part.body.equals(bytes.subarray(8, 18))).toBe(true);
    const end = await ask(LOG, { Range: "bytes=-5" });
    expect(end.body.equals(bytes.subarray(995))).toBe(true);
    expect((await ask(LOG, { Range: "bytes=1000-" })).status).toBe(416);
    const head = await ask(LOG, {}, "HEAD");
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "1000", 0]);
    const stale = await ask(LOG, { Range: "bytes=0-1", "If-Range": '"other"' });
    expect([stale.status, stale.body.length]).toEqual([200, 1000]);
  });

  test("a foreign Host is refused: a name that resolves to this machine", async () => {
    for (const host of ["evil.example", `evil.example:${server.port}`, "127.0.0.1", "127.0.0.1:1"])
      expect((await ask("/", { Host: host })).status).toBe(403);
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
      expect((await ask("/", { Host: `${host}:${server.port}` })).status).toBe(200);
  });

  test("a foreign Origin is refused, the page's own is not", async () => {
    for (const origin of [
      "http://evil.example",
      "null",
      "http://127.0.0.1:1",
      `https://localhost:${server.port}`,
    ])
      expect((await ask(LOG, { Origin: origin })).status).toBe(403);
    expect((await ask(LOG, { Origin: server.origin })).status).toBe(200);
  });

  test("what another site embeds is refused, a link that was clicked is not", async () => {
    const site = { "Sec-Fetch-Site": "cross-site" };
    expect((await ask(LOG, { ...site, "Sec-Fetch-Mode": "no-cors" })).status).toBe(403);
    expect((await ask("/", { ...site, "Sec-Fetch-Mode": "navigate" })).status).toBe(200);
  });

  test("nothing can be written, and answers may not be framed or read by others", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect((await ask("/", {}, method)).status).toBe(405);
    const { headers } = await ask("/");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address;
  test.skipIf(outside === undefined)("does not listen on the network (skipped without one)", async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect(server.port, outside!, () => resolve("connected"));
      socket.on("error", () => resolve("refused"));
      socket.setTimeout(2000, () => resolve("silent"));
    });
    expect(outcome).not.toBe("connected");
  });

  test("a taken port is said to be", async () => {
    await expect(startViewServer({ files: new Map(), port: server.port })).rejects.toThrow(
      `--port ${server.port} is taken`,
    );
  });

  test("a log that is deleted meanwhile is gone, and the server goes on", async () => {
    const doomed = join(folder, "doomed.mcap");
    writeFileSync(doomed, bytes);
    const other = await startViewServer({ files: new Map([["/x", doomed]]), port: 0 });
    rmSync(doomed);
    expect((await fetch(`${other.base}/x`)).status).toBe(404);
    await other.close();
  });
});

describe("byte ranges", () => {
  test.each([
    [undefined, "whole"],
    ["bytes=0-0", { first: 0, last: 0 }],
    ["bytes=5-", { first: 5, last: 9 }],
    ["bytes=5-99", { first: 5, last: 9 }],
    ["bytes=-3", { first: 7, last: 9 }],
    ["bytes=-99", { first: 0, last: 9 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=7-3", "whole"],
    ["bytes=-", "whole"],
    ["bytes=0-1,3-4", "whole"],
    ["lines=0-1", "whole"],
  ])("%s of 10 bytes", (header, expected) => {
    expect(parseByteRange(header as string | undefined, 10)).toEqual(expected);
  });

  test("an empty file has no range", () => {
    expect(parseByteRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(parseByteRange(undefined, 0)).toBe("whole");
  });
});

describe("mnemosyne view", () => {
  test("names a file that is missing, empty, or something else", async () => {
    const missing = await runHere(["view", join(folder, "none.mcap"), "--no-open"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("no such file")]);
    const empty = join(folder, "empty.mcap");
    writeFileSync(empty, "");
    expect((await runHere(["view", empty])).stderr).toContain("is empty (0 bytes)");
    const foreign = await runHere(["view", join(folder, "secret.txt")]);
    expect(foreign.code).toBe(1);
    expect(foreign.stderr).toContain("is not an MCAP file: it begins with 73 65 63");
    expect((await runHere(["view", folder])).stderr).toContain("is a folder");
  });

  test("wants one log to six", async () => {
    expect((await runHere(["view"])).code).toBe(2);
    const seven = await runHere(["view", ...Array(7).fill(log)]);
    expect([seven.code, seven.stderr]).toEqual([2, expect.stringContaining("7 logs are named")]);
  });

  test("says what to do where the viewer is not built", () => {
    expect(() => listViewer(join(folder, "nowhere"))).toThrow(/not built.*npm run build/);
  });

  test("hands the whole address to the browser as one argument, past any shell", () => {
    const url = "http://127.0.0.1:1/?url=a&url=b";
    for (const platform of ["linux", "darwin", "win32"] as const) {
      const [command, args] = browserCommand(url, platform);
      expect(command).not.toMatch(/cmd|sh$/);
      expect(args.at(-1)).toMatch(/url=a&url=b$/);
    }
  });

  test("keeps the address out of the browser's arguments, which everybody can read", () => {
    const url = "http://127.0.0.1:1/TOKEN/?url=a&url=%22%3C#token=x";
    const page = writeOpener(url);
    expect(statSync(page).mode & 0o077).toBe(0);
    expect(statSync(dirname(page)).mode & 0o077).toBe(0);
    expect(page).not.toContain("TOKEN");
    const [, found] = /content="0;url=([^"]*)"/.exec(readFileSync(page, "utf8"))!;
    expect(found.replaceAll("&amp;", "&")).toBe(url);
  });

  test("flags of live runs are refused without --live", async () => {
    const { code, stderr } = await runHere(["navigate", "--world", "cells:1", "--speed", "2"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("add --live")]);
  });
});
