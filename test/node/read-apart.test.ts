import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import { READ_LIMITS, readApart } from "../../src/node/read-apart.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-apart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A worker that does what a reader might do to a file that was made to harm. */
function workerThat(name: string, does: string): URL {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", ({ index, job }) => { const answer = (it) => parentPort.postMessage({ index, ...it }); ${does} });`,
  );
  return pathToFileURL(file);
}

const job = { file: "their.mcap" };
const here = async () => "read here";

describe("a file that is read apart", () => {
  test("is what its worker makes of it", async () => {
    const url = workerThat("fine", "answer({ result: job.file + ' was read' });");
    expect(await readApart(url, job, here)).toBe("their.mcap was read");
  });

  test("is an error by name where it takes too long, too much memory, or ends its worker", async () => {
    const hang = workerThat("hang", "for (;;);");
    await expect(readApart(hang, job, here, { ...READ_LIMITS, time: 200 })).rejects.toThrow(
      "their.mcap: reading it took longer than 0.2 s",
    );
    const eat = workerThat(
      "eat",
      "const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 24, 1)), 1); void answer;",
    );
    await expect(readApart(eat, job, here, { ...READ_LIMITS, memory: 1e8 })).rejects.toThrow(
      "their.mcap: reading it took more than 100 MB",
    );
    const crash = workerThat("crash", "process.exit(3);");
    await expect(readApart(crash, job, here)).rejects.toThrow(/their\.mcap: reading it failed/);
  });

  test("brings the reader's own complaint", async () => {
    const url = workerThat(
      "damaged",
      'answer({ error: { code: "format", message: "their.mcap: cut off" } });',
    );
    await expect(readApart(url, job, here)).rejects.toThrow(FormatError);
    await expect(readApart(url, job, here)).rejects.toThrow("their.mcap: cut off");
  });

  test("is read here where the program was not built", async () => {
    expect(await readApart(new URL("nothing.js", pathToFileURL(`${folder}/`)), job, here)).toBe("read here");
  });
});
