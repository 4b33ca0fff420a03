#!/usr/bin/env node
// The launcher. In an installed package it starts the program. In a clone it first installs and builds
// what is missing or out of date, so that `npx mnemosyne VERB` works right after `git clone`.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nodeTooOld } from "./node-version.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const complaint = nodeTooOld(process.versions.node);
if (complaint !== undefined) {
  console.error(complaint);
  process.exit(1);
}

if (existsSync(join(root, "scripts", "ensure.mjs"))) {
  const [{ ensureReady }, { reportFailure }] = await Promise.all(
    ["ensure", "say"].map((name) => import(pathToFileURL(join(root, "scripts", `${name}.mjs`)).href)),
  );
  try {
    await ensureReady(root, { need: "run" });
  } catch (error) {
    reportFailure(error);
    process.exit(1);
  }
}
await import(pathToFileURL(join(root, "dist", "cli", "main.js")).href);
