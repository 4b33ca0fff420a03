import { appendFileSync } from "node:fs";
import type { Figures } from "../../init-net/index.ts";
import { readFileIfThere } from "../read-file.ts";
import { writeFileAtomic } from "../write-file.ts";
import type { Baselines, Quality } from "./plan-quality.ts";

/** The mean of the updates since the line before. */
export type TrainLine = {
  readonly type: "train";
  readonly step: number;
  readonly seconds: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly rate: number;
  readonly perSecond: number;
};
export type ValidationLine = {
  readonly type: "validation";
  readonly step: number;
  readonly seconds: number;
  readonly figures: Figures;
  readonly quality: Quality;
};
/** What there is without a network. */
export type BaselineLine = { readonly type: "baselines"; readonly step: 0; readonly baselines: Baselines };
export type LogLine = TrainLine | ValidationLine | BaselineLine;

/** The log of a run, JSON Lines, and what it holds. */
export type TrainLog = { readonly lines: LogLine[]; add(line: LogLine): void };

/**
 * Opens a log and drops what was written after `step`: updates that the checkpoint does not know of are done
 * again.
 */
export async function openTrainLog(path: string, step: number): Promise<TrainLog> {
  const lines = (await readLines(path)).filter((line) => line.step <= step && (step > 0 || line.step > 0));
  await writeFileAtomic(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return {
    lines,
    add(line) {
      lines.push(line);
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    },
  };
}

/** The lines of a log that can be read; a last one that was cut off is none. */
export async function readLines(path: string): Promise<LogLine[]> {
  const text = (await readFileIfThere(path))?.toString("utf8") ?? "";
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });
}
