import { ConfigError, hashSeed } from "../../base/index.ts";
import type { Split } from "../../scenes/index.ts";
import { drawRobot, ROBOTS, type Robot } from "../../sim/index.ts";

/** Whose scenes a data set holds: one robot's, or by turns those of several and of ones that are drawn. */
export type RobotLine = {
  /** Groups take turns, and so do the robots of a group. "random" is a group of robots that are all drawn. */
  readonly groups: readonly (readonly Robot[] | "random")[];
  /** Of what is drawn of robots. */
  readonly seed: number;
};

/** Words of a list of robots that stand for several. */
export const ROBOT_WORDS = ["presets", "random"] as const;

/** The line of a list of words: `presets`, `random`, or robots that are opened by `open`. */
export async function robotLine(
  words: readonly string[],
  seed: number,
  open: (name: string) => Promise<Robot>,
): Promise<RobotLine> {
  const own: Robot[] = [];
  for (const word of words) if (word !== "presets" && word !== "random") own.push(await open(word));
  const groups: (readonly Robot[] | "random")[] = own.length > 0 ? [own] : [];
  if (words.includes("presets")) groups.push(Object.values(ROBOTS));
  if (words.includes("random")) groups.push("random");
  if (groups.length === 0) throw new ConfigError("the list of robots is empty, expected at least one");
  const names = groups.flatMap((group) => (group === "random" ? [] : group.map(({ name }) => name)));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ConfigError(`two robots are called "${twice}", expected names that differ`);
  return { groups, seed };
}

/** The robot of a line that is the only one it has; undefined where there are several. */
export function onlyRobot({ groups }: RobotLine): Robot | undefined {
  const [group] = groups;
  return groups.length === 1 && group !== "random" && group.length === 1 ? group[0] : undefined;
}

/** Random robots of validation shards are other ones than those of training shards. */
const STREAMS: Record<Split, number> = { train: 0x747261, validation: 0x76616c };

/** The robot of the n-th shard of a split: the same however many shards there are. */
export function robotOfShard({ groups, seed }: RobotLine, split: Split, n: number): Robot {
  const group = groups[n % groups.length];
  const turn = Math.floor(n / groups.length);
  return group === "random"
    ? drawRobot(hashSeed(hashSeed(seed, STREAMS[split]), turn))
    : group[turn % group.length];
}
