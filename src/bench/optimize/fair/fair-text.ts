import { formatTable } from "../../measures.ts";
import type { FairRow } from "./fair-comparison.ts";
import type { FairResult } from "./optimize-fairly.ts";

/** The comparison for people: a row for each optimizer and horizon. */
export function fairText({ optimizee, data, held_out, seeds, tune_seeds, fair }: FairResult): string {
  const on = data === undefined ? "" : ` on ${data}`;
  const head =
    `${optimizee}${on}: loss on ${held_out}, ${seeds} starts each; settings chosen on other images from ` +
    `${tune_seeds} other ${tune_seeds === 1 ? "start" : "starts"}, for each horizon anew`;
  const header = ["optimizer", "steps", "setting", "tried", "loss", "over the first", "range"];
  return `${head}\n\n${formatTable(header, fair.map(cells), 3)}`;
}

function cells({ optimizer, horizon, setting, tried, losses, ratio }: FairRow): string[] {
  const logs = losses.map((loss) => (loss === null ? Number.NaN : Math.log(loss)));
  const mean = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
  const number = (x: number | null): string => (x === null || !Number.isFinite(x) ? "–" : x.toPrecision(3));
  const shares = setting?.betas === undefined ? "" : `, ${setting.betas.join(" ")}`;
  return [
    optimizer,
    String(horizon),
    setting === undefined ? "" : `${setting.rate} ${setting.schedule}${shares}`,
    String(tried),
    number(mean),
    number(ratio.mean),
    `${number(ratio.min)}-${number(ratio.max)}`,
  ];
}
