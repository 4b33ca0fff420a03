import { formatTable } from "../../measures.ts";
import type { FairRow } from "./fair-comparison.ts";
import type { FairSetting } from "./fair-settings.ts";
import type { FairResult } from "./optimize-fairly.ts";

/** The comparison for people: a row for each optimizer and horizon. */
export function fairText({ optimizee, data, held_out, seeds, tune_seeds, fair }: FairResult): string {
  const on = data === undefined ? "" : ` on ${data}`;
  const head =
    `${optimizee}${on}: loss on ${held_out}, ${seeds} starts each; settings chosen on other images from ` +
    `${tune_seeds} other ${tune_seeds === 1 ? "start" : "starts"}, for each horizon anew`;
  const table = formatTable(fair, 3, [
    ["optimizer", ({ optimizer }) => optimizer],
    ["steps", ({ horizon }) => horizon],
    ["setting", ({ setting }) => settingText(setting)],
    ["tried", ({ tried }) => tried],
    ["loss", ({ losses }) => number(geometricMean(losses))],
    ["over the first", ({ ratio }) => number(ratio.mean)],
    ["range", ({ ratio }) => `${number(ratio.min)}-${number(ratio.max)}`],
  ]);
  return `${head}\n\n${table}`;
}

function settingText(setting: FairSetting | undefined): string {
  if (setting === undefined) return "";
  const shares = setting.betas === undefined ? "" : `, ${setting.betas.join(" ")}`;
  return `${setting.rate} ${setting.schedule}${shares}`;
}

function geometricMean(losses: FairRow["losses"]): number {
  return Math.exp(
    losses.reduce<number>((sum, loss) => sum + Math.log(loss ?? Number.NaN), 0) / losses.length,
  );
}

function number(x: number | null): string {
  return x === null || !Number.isFinite(x) ? "–" : x.toPrecision(3);
}
