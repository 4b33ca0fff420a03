import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { flagsOf } from "../../src/cli/config-file.ts";
import { parseParams } from "../../src/cli/params-file.ts";
import { parseRoute } from "../../src/cli/route-file.ts";
import { parseScenarios } from "../../src/cli/scenario-file.ts";
import { parseMapYaml, parseRobot } from "../../src/sim/index.ts";
import { runHere } from "../cli/run-cli.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const pages = ["README.md", ...readdirSync(join(ROOT, "docs")).map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith(".md"),
);

type Block = {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
};

/** Fenced blocks of all pages. */
const blocks: readonly Block[] = pages.flatMap((file) => {
  const text = read(file);
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length,
    language: match[1],
    text: match[2],
  }));
});
const inLanguage = (language: string): Block[] => blocks.filter((block) => block.language === language);

/** Writes the snippets as files that import from src/, so that nothing has to be built. */
const folder = join(ROOT, ".cache", "snippets");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const snippets = inLanguage("ts").map((block) => {
  const path = join(folder, `${block.file.replace(/\W/g, "-")}-line-${block.line}.ts`);
  const door = (room: string): string =>
    relative(folder, join(ROOT, "src", room, "index.ts")).replaceAll("\\", "/");
  const source = block.text.replace(/"mnemosyne-mpc\/([a-z-]+)"/g, (_, room) => `"${door(room)}"`);
  writeFileSync(path, `${source}\nexport {};\n`);
  return { ...block, path };
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("snippets", () => {
  test("there are some", () => {
    expect(snippets.length).toBeGreaterThanOrEqual(2);
  });

  test("pass the type checker", () => {
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../tsconfig.json",
        include: ["*.ts"],
        compilerOptions: { noEmit: true },
      }),
    );
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    const ours = stdout.split("\n").filter((line) => line.includes("snippets"));
    expect(ours, stdout).toEqual([]);
  });

  test.each(snippets)("$file, line $line prints what its comments say", async ({ path, text }) => {
    const printed: string[] = [];
    vi.spyOn(console, "log").mockImplementation((...values) => void printed.push(values.join(" ")));
    await import(/* @vite-ignore */ pathToFileURL(path).href);
    const promised = [...text.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(promised.length).toBeGreaterThan(0);
    expect(printed).toEqual(promised);
  });
});

describe("examples of formats", () => {
  test.each(inLanguage("json"))("the JSON in $file, line $line is a robot or a scenario", ({ text }) => {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "model" in value)
      expect(parseRobot(value).model).toBe(value.model);
    else expect(parseScenarios(text, "scenarios.jsonl")).toHaveLength(1);
  });

  test.each(inLanguage("yaml"))(
    "the YAML in $file, line $line is a map's, parameters, a route or flags",
    ({ text }) => {
      if (/^image:/m.test(text)) expect(parseMapYaml(text).resolution).toBeGreaterThan(0);
      else if (/^waypoints:/m.test(text)) expect(parseRoute(text).length).toBeGreaterThan(1);
      else if (/^navigation:/m.test(text)) expect(Object.keys(parseParams(text)).length).toBeGreaterThan(0);
      else {
        const { properties } = JSON.parse(read("schemas/config.schema.json"));
        expect(flagsOf(text, Object.keys(properties)).length).toBeGreaterThan(0);
      }
    },
  );
});

/** Everything after `npx mnemosyne-mpc` in code, up to the end of the code or of a line that does not go on. */
const commands = pages.flatMap((file) =>
  [...read(file).matchAll(/npx mnemosyne(?:-mpc)? ([a-z](?:\\\n|[^`\n])*)/g)].map((match) => ({
    file,
    args: match[1].replaceAll("\\\n", " ").trim(),
  })),
);

/** The words of a command as a shell cuts it: at blanks, but not between single quotation marks, and none of a comment. */
function wordsOf(command: string): string[] {
  return [...command.replace(/ #.*/, "").matchAll(/(?:'[^']*'|\S)+/g)].map(([word]) =>
    word.replaceAll("'", ""),
  );
}

describe("commands", () => {
  test("there are some", () => {
    expect(commands.length).toBeGreaterThan(5);
  });

  test.each(commands)("$file: mnemosyne $args is understood", async ({ args }) => {
    const words = wordsOf(args).filter((word) => word !== "FILE.jsonl" || args.startsWith("evaluate"));
    const { code, stderr } = await runHere(words, { execute: async () => {} });
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });
});

const links = pages.flatMap((file) =>
  [...read(file).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)]
    .map((match) => match[1])
    .filter((target) => !/^https?:/.test(target))
    .map((target) => ({ file, target })),
);

test.each(links)("$file links to $target, which is there", ({ file, target }) => {
  expect(existsSync(resolve(ROOT, dirname(file), target))).toBe(true);
});

test("every example is listed in the README, and nothing else", () => {
  const listed = [...read("README.md").matchAll(/\]\(examples\/(\d[\w-]*)\.ts\)/g)].map((match) => match[1]);
  const present = readdirSync(join(ROOT, "examples"))
    .filter((file) => /^\d.*\.ts$/.test(file))
    .map((file) => file.replace(/\.ts$/, ""));
  expect([...new Set(listed)].sort()).toEqual(present.sort());
});
