import { readFile } from "node:fs/promises";
import { FormatError } from "../base/index.ts";
import { complainAbout, readApart, readText } from "../node/index.ts";
import { openLog, type TickRecord } from "../record/index.ts";
import { type ResponseLog, type Robot, robotKinematics } from "../sim/index.ts";

/** What one actuator was told and did, and what it is called. */
export type NamedResponse = { readonly name: string; readonly log: ResponseLog };

/** What a file tells of actuators, and what is damaged in it and was passed over. */
export type ReadResponses = {
  readonly responses: readonly NamedResponse[];
  readonly problems: readonly string[];
};

/**
 * Reads what a robot's actuators were told and did: an MCAP log of this program, or a table with a `time` and, of each
 * actuator NAME, what it was told, `NAME_cmd`, and what was measured, `NAME`.
 *
 * @param commands what a table's commands are; those of a log are rates
 * @throws FormatError for what is neither
 */
export function readResponses(file: string, commands: ResponseLog["commands"]): Promise<ReadResponses> {
  return readApart(new URL("./response-worker.js", import.meta.url), { file, commands }, readResponsesDirect);
}

/** What a worker is asked for, see `readApart`. */
export function readResponsesDirect({
  file,
  commands,
}: {
  readonly file: string;
  readonly commands: ResponseLog["commands"];
}): Promise<ReadResponses> {
  return complainAbout(file, async () => {
    if (!file.toLowerCase().endsWith(".mcap"))
      return { responses: parseResponses(await readText(file), commands), problems: [] };
    const log = await openLog(new Uint8Array(await readFile(file)));
    const ticks: TickRecord[] = [];
    for await (const tick of log.ticks()) ticks.push(tick);
    return { responses: tickResponses(log.meta.robot, ticks), problems: log.problems };
  });
}

/** The actuators of a robot as the ticks of its log tell of them. */
export function tickResponses(robot: Robot, ticks: readonly TickRecord[]): NamedResponse[] {
  const time = Float64Array.from(ticks, (tick) => tick.time);
  return robotKinematics(robot).axes.map(({ state }, i) => ({
    name: state,
    log: {
      commands: "rate",
      time,
      command: Float64Array.from(ticks, ({ command }) =>
        command.kind === "drive" ? command.u[i] : Number.NaN,
      ),
      speed: Float64Array.from(ticks, ({ measured, x }) => (measured ?? x)?.[3 + i] ?? Number.NaN),
    },
  }));
}

/** The actuators of a table: a line of names, then a line of numbers per sample; an empty one is not known. */
export function parseResponses(text: string, commands: ResponseLog["commands"]): NamedResponse[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  const table = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map((cell) => cell.trim()));
  const [names = [], ...rows] = table;
  const column = (name: string): Float64Array => {
    const at = names.indexOf(name);
    return Float64Array.from(rows, (row, k) => {
      const cell = row[at] ?? "";
      const value = cell === "" ? Number.NaN : Number(cell);
      if (cell !== "" && Number.isNaN(value) && cell.toLowerCase() !== "nan")
        throw new FormatError(`line ${k + 2}: ${name} is "${cell.slice(0, 40)}", expected a number`);
      return value;
    });
  };
  const told = names.filter((name) => names.includes(`${name}_cmd`));
  if (!names.includes("time") || told.length === 0)
    throw new FormatError(
      `the columns are ${names.join(", ").slice(0, 100) || "none"}, expected time, and of each actuator what it was told and did, ` +
        "such as v_cmd and v",
    );
  const time = column("time");
  return told.map((name) => ({
    name,
    log: { commands, time, command: column(`${name}_cmd`), speed: column(name) },
  }));
}
