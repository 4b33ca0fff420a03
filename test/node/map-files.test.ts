import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FormatError, MpcError } from "../../src/base/index.ts";
import { readMapFile, readMaskFile, writeMapFiles } from "../../src/node/map-files.ts";
import { createGrid } from "../../src/sim/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "map-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const grid = createGrid(4, 3, 0.05, { x: -1, y: 2, yaw: 0.25 });
grid.cells.set([0, 100, -1, 0, 100, 100, 0, 0, -1, -1, 0, 100]);

async function expectError(promise: Promise<unknown>, ...parts: string[]): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(MpcError);
  for (const part of parts) expect(error.message).toContain(part);
}

describe("writeMapFiles and readMapFile", () => {
  it("call what cannot be read by what it was to be, a map or a mask", async () => {
    await expectError(readMapFile(join(folder, "none.yaml")), "map: cannot read", "none.yaml");
    await expectError(readMaskFile(join(folder, "none.yaml")), "mask: cannot read", "none.yaml");
  });

  it.each(["pgm", "png", "bmp"] as const)(
    "give the grid back as %s, into folders that are not there yet",
    async (format) => {
      const path = join(folder, format, "deep", "hall.yaml");
      const paths = await writeMapFiles(path, grid, { format });
      expect(paths).toEqual({ yamlPath: path, imagePath: join(folder, format, "deep", `hall.${format}`) });
      expect(await readMapFile(path)).toEqual(grid);
      // Nothing temporary is left behind.
      expect((await readdir(join(folder, format, "deep"))).sort()).toEqual(
        [`hall.${format}`, "hall.yaml"].sort(),
      );
    },
  );

  it("adds the extension where there is none, and keeps a dot in the name", async () => {
    const paths = await writeMapFiles(join(folder, "floor.2"), grid);
    expect(paths.yamlPath).toBe(join(folder, "floor.2.yaml"));
    expect(await readMapFile(paths.yamlPath)).toEqual(grid);
  });

  it("replaces a map that is there", async () => {
    const path = join(folder, "again.yaml");
    await writeMapFiles(path, createGrid(9, 9, 1));
    await writeMapFiles(path, grid);
    expect(await readMapFile(path)).toEqual(grid);
  });

  it("find an absolute image path", async () => {
    const { yamlPath, imagePath } = await writeMapFiles(join(folder, "abs.yaml"), grid);
    await mkdir(join(folder, "elsewhere"), { recursive: true });
    const moved = join(folder, "elsewhere", "abs.yaml");
    await writeFile(moved, (await readFile(yamlPath, "utf8")).replace("abs.pgm", imagePath));
    expect(await readMapFile(moved)).toEqual(grid);
  });
});

describe("readMapFile refuses, and names the files,", () => {
  it("a map that is not there", async () => {
    const path = join(folder, "nowhere.yaml");
    await expectError(readMapFile(path), path, "no such file or folder");
    await expect(readMapFile(path)).rejects.toBeInstanceOf(FormatError);
  });

  it("a folder", () => expectError(readMapFile(folder), folder, "it is a folder"));

  it("an image in the place of the YAML", async () => {
    const { imagePath } = await writeMapFiles(join(folder, "big.yaml"), createGrid(300, 300, 1));
    await expectError(readMapFile(imagePath), imagePath, "give the YAML file that names this image");
  });

  it("a path through a file", async () => {
    const { yamlPath } = await writeMapFiles(join(folder, "file.yaml"), grid);
    const path = join(yamlPath, "map.yaml");
    await expectError(readMapFile(path), path, "a part of the path is not a folder");
  });

  it("a YAML whose image is not there, or is a folder", async () => {
    const { yamlPath, imagePath } = await writeMapFiles(join(folder, "lost.yaml"), grid);
    await rm(imagePath);
    await expectError(
      readMapFile(yamlPath),
      yamlPath,
      imagePath,
      "no such file or folder",
      "check the key image",
    );
    await mkdir(imagePath);
    await expectError(readMapFile(yamlPath), yamlPath, imagePath, "it is a folder");
  });

  it("a YAML whose image is cut short", async () => {
    const { yamlPath, imagePath } = await writeMapFiles(join(folder, "cut.yaml"), grid);
    await writeFile(imagePath, (await readFile(imagePath)).subarray(0, -1));
    await expectError(readMapFile(yamlPath), yamlPath, imagePath, "truncated");
  });

  it("a malformed YAML", async () => {
    const path = join(folder, "bad.yaml");
    await writeFile(path, "image: x.pgm\nresolution: nan\n");
    await expectError(readMapFile(path), path, 'resolution is "nan"');
  });

  it("a file without permission to read", async (context) => {
    if (process.getuid?.() === 0) return context.skip("root may read everything");
    const { yamlPath, imagePath } = await writeMapFiles(join(folder, "secret.yaml"), grid);
    await chmod(imagePath, 0);
    await expectError(readMapFile(yamlPath), yamlPath, imagePath, "permission denied");
  });
});

describe("writeMapFiles", () => {
  it("says which files it cannot write, and leaves an old map whole", async () => {
    const path = join(folder, "kept.yaml");
    await writeMapFiles(path, grid);
    await mkdir(join(folder, "blocked.yaml"));
    await expectError(
      writeMapFiles(join(folder, "blocked.yaml"), grid),
      "blocked.yaml",
      "blocked.pgm",
      "cannot write",
    );
    await expectError(writeMapFiles(join(path, "x.yaml"), grid), "x.yaml", "x.pgm", "cannot write");
    await expect(writeMapFiles(path, grid, { mode: "scale" })).rejects.toThrow("use png or bmp");
    expect(await readMapFile(path)).toEqual(grid);
    expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });
});
