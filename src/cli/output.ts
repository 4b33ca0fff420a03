import { createProgress, type Progress, plainText, type TextSink } from "../node/index.ts";

/** Where a run of the program writes and what surrounds it. */
export type ProgramSurroundings = {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  /** Aborted when the user presses Ctrl-C or nobody reads stdout any more. */
  readonly signal: AbortSignal;
};

/** Marks up text for `Output.text` on a terminal; gives it back unchanged where there is none, or with NO_COLOR. */
export type TextPaint = Readonly<
  Record<"bold" | "dim" | "red" | "green" | "yellow", (text: string) => string>
>;

/** A verb's way to speak: data on stdout, everything else on stderr. */
export type Output = {
  /** Whether `--json` was given: then stdout carries only {@link Output.object}'s lines. */
  readonly json: boolean;
  /** Writes lines of text meant for a person to stdout; silent with `--json`. */
  text(lines: string): void;
  /** Writes one JSON object as one line to stdout, with `--json` only. */
  object(value: object): void;
  /** Writes a line to stderr. */
  log(line: string): void;
  /** A progress meter on stderr over `total` steps ; undefined where nobody knows how many. */
  progress(label: string, total: number | undefined): Progress;
  /** Does work of `total` steps, which says how many are done, beside a progress meter on stderr. */
  withProgress<T>(
    label: string,
    total: number,
    work: (onProgress: (done: number) => void) => T | Promise<T>,
  ): Promise<T>;
  /** Mark-up for stdout. */
  readonly paint: TextPaint;
};

export function createOutput(around: ProgramSurroundings, json: boolean): Output {
  const { stdout, stderr, env, now } = around;
  let meter: Progress | undefined;
  const progress = (label: string, total: number | undefined): Progress => {
    meter = createProgress(stderr, { label, total, now });
    return meter;
  };
  return {
    json,
    text(lines) {
      if (json) return;
      meter?.clear();
      stdout.write(`${painted(plainText(lines))}\n`);
    },
    object(value) {
      if (!json) return;
      meter?.clear();
      stdout.write(toJsonLine(value));
    },
    log(line) {
      meter?.clear();
      stderr.write(`${plainText(line)}\n`);
    },
    progress,
    async withProgress(label, total, work) {
      const { update, finish } = progress(label, total);
      const result = await work((done) => update(done));
      finish();
      return result;
    },
    paint: createPaint(useColor(stdout, env)),
  };
}

// Data are shown as plain text, which takes orders of a terminal out of them; mark-up waits as characters that stand
// for nothing (Unicode's noncharacters), and becomes orders after that.
const MARKS = 0xfdd0;
const mark = (code: number): string => String.fromCharCode(MARKS + (code >= 30 ? code - 27 : code));
const painted = (text: string): string =>
  text.replace(/[\ufdd0-\ufdd9]/g, (one) => {
    const code = one.charCodeAt(0) - MARKS;
    return `\u001b[${code > 2 ? code + 27 : code}m`;
  });

/** One JSON object on one line; typed arrays as arrays, numbers that JSON lacks (NaN, infinities) as null. */
export function toJsonLine(value: object): string {
  const replacer = (_key: string, item: unknown): unknown =>
    ArrayBuffer.isView(item) && !(item instanceof DataView) ? Array.from(item as Float64Array) : item;
  return `${plainText(JSON.stringify(value, replacer))}\n`;
}

/** Colour only on a terminal, and never with a non-empty NO_COLOR (https://no-color.org) or TERM=dumb. */
export function useColor(sink: TextSink, env: ProgramSurroundings["env"]): boolean {
  return sink.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

export function createPaint(color: boolean): TextPaint {
  const style = (code: number) => (text: string) => (color ? `${mark(code)}${text}${mark(0)}` : text);
  return { bold: style(1), dim: style(2), red: style(31), green: style(32), yellow: style(33) };
}
