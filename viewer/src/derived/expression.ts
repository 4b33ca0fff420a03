/** What is computed of series: a tree of numbers, series and functions. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  /** @property run letter of the run that is asked; that of the line itself where none is given */
  | { readonly kind: "series"; readonly name: string; readonly run?: string }
  | { readonly kind: "call"; readonly name: FunctionName; readonly of: readonly Expression[] };

/** Functions with their least and largest number of arguments. */
const FUNCTIONS = {
  "+": [2, 2],
  "-": [2, 2],
  "*": [2, 2],
  "/": [2, 2],
  negative: [1, 1],
  abs: [1, 1],
  sqrt: [1, 1],
  sin: [1, 1],
  cos: [1, 1],
  deg: [1, 1],
  wrap: [1, 1],
  derivative: [1, 1],
  norm: [1, 8],
  min: [1, 8],
  max: [1, 8],
  xy: [2, 2],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

export type FunctionName = keyof typeof FUNCTIONS;
/** Functions that are called by their names. */
export const FUNCTION_NAMES = (Object.keys(FUNCTIONS) as FunctionName[]).filter(
  (name) => /^\w+$/.test(name) && name !== "negative",
);

/** Parentheses within one another, at most: a text of a link is anybody's. */
const DEEPEST = 40;

type Token = { readonly kind: "number" | "name" | "quoted" | "run" | "sign"; readonly text: string };

/**
 * Reads an expression such as `speed - speed@B`, `derivative(speed)`, `norm(x, y)` or `"time: SQP" / "solve time"`:
 * numbers, series by their names (in quotes where those are more than words), `@` and a run's letter behind a name,
 * `+ - * /`, parentheses and functions. `xy(a, b)` stands at the top only: b over a.
 *
 * @throws Error saying what was expected instead
 */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;
  const isSign = (...signs: readonly string[]): boolean =>
    tokens[at]?.kind === "sign" && signs.includes(tokens[at].text);
  const expect = (sign: string): void => {
    if (!isSign(sign)) throw new Error(`expected "${sign}"${before()}`);
    at++;
  };
  const before = (): string => (at < tokens.length ? ` before "${tokens[at].text}"` : " at the end");

  const chain = (signs: readonly string[], next: () => Expression) => (): Expression => {
    let left = next();
    while (isSign(...signs)) {
      const name = tokens[at++].text as FunctionName;
      left = { kind: "call", name, of: [left, next()] };
    }
    return left;
  };
  const factor = (): Expression => {
    if (depth++ > DEEPEST) throw new Error("too many parentheses");
    const made = plainFactor();
    depth--;
    return made;
  };
  const plainFactor = (): Expression => {
    if (isSign("-")) {
      at++;
      return { kind: "call", name: "negative", of: [factor()] };
    }
    if (isSign("(")) {
      at++;
      const inner = sum();
      expect(")");
      return inner;
    }
    const token = tokens[at];
    if (token?.kind === "number") {
      at++;
      return { kind: "number", value: Number(token.text) };
    }
    if (token?.kind !== "name" && token?.kind !== "quoted") throw new Error(`expected a series${before()}`);
    at++;
    if (token.kind === "name" && isSign("(")) return call(token.text);
    const run = tokens[at]?.kind === "run" ? tokens[at++].text : undefined;
    return { kind: "series", name: token.text, ...(run === undefined ? {} : { run }) };
  };
  const call = (name: string): Expression => {
    if (!FUNCTION_NAMES.includes(name as FunctionName))
      throw new Error(`there is no function "${name}", expected one of ${FUNCTION_NAMES.join(", ")}`);
    at++;
    const of = [sum()];
    while (isSign(",")) {
      at++;
      of.push(sum());
    }
    expect(")");
    const [least, most] = FUNCTIONS[name as FunctionName];
    if (of.length < least || of.length > most)
      throw new Error(
        `${name} takes ${least === most ? least : `${least} to ${most}`} series, got ${of.length}`,
      );
    return { kind: "call", name: name as FunctionName, of };
  };
  const product = chain(["*", "/"], factor);
  const sum = chain(["+", "-"], product);

  const whole = sum();
  if (at < tokens.length) throw new Error(`expected the end${before()}`);
  if (holdsPair(whole, false)) throw new Error("xy(a, b) is a plot of its own: nothing is computed of it");
  return whole;
}

/** An expression as it would be typed. */
export function formatExpression(part: Expression): string {
  if (part.kind === "number") return String(part.value);
  if (part.kind === "series") {
    const plain = /^[a-z_]\w*(?: +[a-z_]\w*)*$/i.test(part.name);
    return `${plain ? part.name : `"${part.name}"`}${part.run === undefined ? "" : `@${part.run}`}`;
  }
  const [a, b] = part.of.map(formatExpression);
  if (part.name === "negative") return `-${a}`;
  if (/\w/.test(part.name)) return `${part.name}(${part.of.map(formatExpression).join(", ")})`;
  return `(${a} ${part.name} ${b})`;
}

/** Whether two series are plotted over each other somewhere below the top. */
function holdsPair(part: Expression, below: boolean): boolean {
  if (part.kind !== "call") return false;
  return (below && part.name === "xy") || part.of.some((one) => holdsPair(one, true));
}

const TOKEN =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|(?<name>[a-z_]\w*(?: +[a-z_]\w*)*)|"(?<quoted>[^"]*)"|@(?<run>[A-Z])|(?<sign>[-+*/(),−]))/iy;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  for (let at = 0; at < trimmed.length; ) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(trimmed);
    if (found === null) throw new Error(`"${trimmed.slice(at).trim().slice(0, 12)}" cannot be read`);
    const [kind, value] = Object.entries(found.groups!).find(([, part]) => part !== undefined)!;
    tokens.push({ kind: kind as Token["kind"], text: kind === "sign" ? value.replace("−", "-") : value });
    at = TOKEN.lastIndex;
  }
  return tokens;
}
