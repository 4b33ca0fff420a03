import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFeatureFile } from "../../src/init-net/node.ts";
import { describeError, makeFolder, openRunLog, writeFileAtomic } from "../../src/node/index.ts";

/** Whatever is written to this device finds no space. */
const FULL = "/dev/full";
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-full-"));

/** A path of which the temporary file, beside it, is on a full disk. */
function onFullDisk(name: string): string {
  const path = join(folder, name);
  symlinkSync(FULL, `${path}.${process.pid}.partial`);
  return path;
}

test.runIf(existsSync(FULL))(
  "a full disk is told with the file's name, and the old content stays",
  async () => {
    const path = onFullDisk("state.bin");
    writeFileSync(path, "old");
    const failure = await writeFileAtomic(path, "new").catch(describeError);
    expect(failure).toEqual({ code: "io", message: `${path}: no space left on the device`, exitCode: 1 });
    expect(readFileSync(path, "utf8")).toBe("old");
  },
);

test.runIf(existsSync(FULL))("so it is for a cache of features and a line of a run's log", async () => {
  const cache = onFullDisk("features.bin");
  const header = {
    key: "k",
    source: { name: "a", size: 1, modified: 1 },
    length: 0,
    skipped: {},
    kinds: [],
  };
  const failure = await writeFeatureFile(cache, header, new Uint8Array(8)).catch(describeError);
  expect(failure).toMatchObject({ message: `${cache}: no space left on the device` });

  const path = join(folder, "log.jsonl");
  const log = await openRunLog<{ step: number }>(path, 0);
  rmSync(path);
  symlinkSync(FULL, path);
  expect(() => log.add({ step: 1 })).toThrow(expect.objectContaining({ code: "ENOSPC", path }));
});

// Where Node would try for ever: the system says that the folder is not there in which it shall be made.
test.runIf(existsSync("/proc/self"))("a folder that cannot be made is told, and named", async () => {
  const failure = await writeFileAtomic("/proc/self/new/deep/file", "x").catch(describeError);
  expect(failure).toMatchObject({ code: "io", exitCode: 1 });
  expect((failure as { message: string }).message).toMatch(/^\/proc\/self\/new/);
});

test("folders are made as deep as asked, by several at once, and a file in the way is told", async () => {
  const deep = join(folder, "a", "b", "c");
  await Promise.all([1, 2, 3].map(() => makeFolder(deep)));
  expect(statSync(deep).isDirectory()).toBe(true);
  writeFileSync(join(folder, "file"), "");
  const failure = await makeFolder(join(folder, "file")).catch(describeError);
  expect(failure).toMatchObject({ message: `${join(folder, "file")}: is a file, expected a folder` });
  expect(await makeFolder(join(folder, "file", "x")).catch(describeError)).toMatchObject({ exitCode: 1 });
});
