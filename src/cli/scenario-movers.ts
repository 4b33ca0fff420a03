import { ConfigError, check, checkKeys, FormatError, isJsonObject, type Json } from "../base/index.ts";
import {
  checkWalkers,
  MANNERS,
  type Manner,
  type MoverOptions,
  resolveMoverOptions,
  type Walker,
} from "../sim/index.ts";

/** Who walks in a scenario: so many, so many of a kind, or these. */
export type ScenarioMovers = { readonly crowd?: Partial<MoverOptions>; readonly movers?: readonly Walker[] };

const FIELDS = ["id", "at", "goals", "radius_m", "speed_m_s", "manner"];

/**
 * Reads a scenario's `movers`: a number, `{"count": 10, "blind": 0.2, "straight": 0.1}`, or a list of
 * `{"at": [x, y], "goals": [[x, y], ...], "radius_m": 0.25, "speed_m_s": 1, "manner": "aware"}`.
 *
 * @param where for messages
 * @throws FormatError naming what is not legal, and what is
 */
export function parseScenarioMovers(value: unknown, where: string): ScenarioMovers {
  if (value === undefined || value === null) return {};
  return asFormat(where, () => {
    if (Array.isArray(value)) {
      const movers = value.map((item, n) => parseWalker(item, n, `${where}[${n}]`));
      checkWalkers(movers);
      return { movers };
    }
    const crowd = typeof value === "number" ? { count: value } : value;
    check(where, value, isJsonObject(crowd), "a number of movers, an object with count, or a list");
    resolveMoverOptions(crowd);
    return { crowd };
  });
}

/** A mover as a scenario's list has it. */
export function formatWalker({ id, x, y, goals, radius, speed, manner }: Walker): Json {
  const places = goals.map((goal) => [goal.x, goal.y]);
  return { id, at: [x, y], goals: places, radius_m: radius, speed_m_s: speed, manner };
}

function parseWalker(item: unknown, n: number, where: string): Walker {
  check(where, item, isJsonObject(item), `an object with ${FIELDS.join(", ")}`);
  checkKeys(where, item, FIELDS);
  const { id = n, at, goals, radius_m: radius = 0.25, speed_m_s: speed = 1, manner = "aware" } = item;
  for (const [name, number] of Object.entries({ id, radius_m: radius, speed_m_s: speed }))
    check(`${where}.${name}`, number, typeof number === "number", "a number");
  check(`${where}.goals`, goals, Array.isArray(goals), "a list of places [x, y]");
  check(`${where}.manner`, manner, MANNERS.includes(manner as Manner), MANNERS.join(", "));
  return {
    id: id as number,
    ...place(at, `${where}.at`),
    goals: goals.map((goal, k) => place(goal, `${where}.goals[${k}]`)),
    radius: radius as number,
    speed: speed as number,
    manner: manner as Manner,
  };
}

function place(value: unknown, where: string): { x: number; y: number } {
  const legal = Array.isArray(value) && value.length === 2 && value.every((v) => typeof v === "number");
  check(where, value, legal, "[x, y] (metres)");
  const [x, y] = value;
  return { x, y };
}

function asFormat<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = error.message.startsWith(where) ? error.message : `${where}: ${error.message}`;
    throw new FormatError(message, { cause: error });
  }
}
