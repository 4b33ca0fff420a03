import { Command, CommanderError } from "commander";
import { didYouMean } from "../base/index.ts";
import { tellWithoutNativeOrt } from "../graph/node.ts";
import {
  describeError,
  type ExitCode,
  InterruptedError,
  plainText,
  readPackageJson,
  type TextSink,
  UsageError,
} from "../node/index.ts";
import { addConfigFlag, expandConfig, verbOf } from "./config-file.ts";
import { createOutput, type ProgramSurroundings, toJsonLine } from "./output.ts";
import { type RegisterVerb, type RunVerb, verbName } from "./verb.ts";

/** Each is loaded when it is called: a verb needs a half to two thirds of all modules. */
const VERBS: Readonly<Record<string, () => Promise<RegisterVerb>>> = {
  navigate: async () => (await import("./verbs/navigate.ts")).registerNavigate,
  evaluate: async () => (await import("./verbs/evaluate.ts")).registerEvaluate,
  connect: async () => (await import("./verbs/connect.ts")).registerConnect,
  identify: async () => (await import("./verbs/identify.ts")).registerIdentify,
  world: async () => (await import("./verbs/world.ts")).registerWorld,
  plan: async () => (await import("./verbs/plan.ts")).registerPlan,
  collect: async () => (await import("./verbs/collect.ts")).registerCollect,
  train: async () => (await import("./verbs/train.ts")).registerTrain,
  "meta-train": async () => (await import("./verbs/meta-train.ts")).registerMetaTrain,
  evolve: async () => (await import("./verbs/evolve.ts")).registerEvolve,
  download: async () => (await import("./verbs/download.ts")).registerDownload,
  optimize: async () => (await import("./verbs/optimize.ts")).registerOptimize,
  bench: async () => (await import("./verbs/bench.ts")).registerBench,
  capacity: async () => (await import("./verbs/capacity.ts")).registerCapacity,
  memformer: async () => (await import("./verbs/memformer.ts")).registerMemformer,
  worker: async () => (await import("./verbs/worker.ts")).registerWorker,
  view: async () => (await import("./verbs/view.ts")).registerView,
  info: async () => (await import("./verbs/info.ts")).registerInfo,
};

/**
 * Runs the program once: parses, does what was asked, reports what went wrong.
 *
 * @param args the arguments without node and script
 * @param execute replaces the running of verbs; the tests of the parser alone pass one
 * @returns the exit status; never throws
 */
export async function runProgram(
  args: readonly string[],
  around: ProgramSurroundings,
  execute?: RunVerb,
): Promise<ExitCode> {
  let verb: string | null = null;
  let exitCode: ExitCode = 0;
  const run: RunVerb = async (command, options, action) => {
    verb = verbName(command);
    if (execute !== undefined) return execute(command, options, action);
    const output = createOutput(around, options.json === true);
    tellWithoutNativeOrt(output.log);
    const isGiven = (flag: string): boolean => command.getOptionValueSource(flag) === "cli";
    const end = await action({ ...around, output, isGiven });
    if (end === "failed") exitCode = 1;
  };
  const named = Object.keys(VERBS).filter((name) => name === args[0]);
  const program = await createProgram(run, around, named.length === 0 ? undefined : named);
  try {
    await program.parseAsync(await expandConfig(program, args), { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
    const cause = around.signal.aborted ? interruption(around.signal, error) : error;
    return report(cause, verb ?? verbIn(program, args), args, around);
  }
}

/** The parser, with all verbs or some; `run` runs one. */
export async function createProgram(
  run: RunVerb,
  around: ProgramSurroundings,
  verbs: readonly string[] = Object.keys(VERBS),
): Promise<Command> {
  const program = new Command("npx mnemosyne-mpc")
    .description("Closed-loop trajectory optimization for wheeled robots.")
    .version(readPackageJson().version, "--version", "print the version")
    .helpOption("--help", "print help")
    .enablePositionalOptions()
    .showSuggestionAfterError(false)
    .configureHelp({ minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => void around.stdout.write(text),
      writeErr: (text) => void around.stderr.write(text),
      outputError: () => {}, // errors are reported in one place, by report()
      getOutHelpWidth: () => helpWidth(around.stdout),
      getErrHelpWidth: () => helpWidth(around.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText("after", "\nEvery verb explains itself: npx mnemosyne-mpc VERB --help");
  for (const register of await Promise.all(verbs.map((name) => VERBS[name]()))) register(program, run);
  addConfigFlag(program);
  explainMisuse(program);
  return program;
}

/** Help fills the terminal, but no line grows longer than an eye follows; a file gets lines of 100. */
function helpWidth({ columns = 100 }: TextSink): number {
  return Math.min(Math.max(columns, 40), 110);
}

/** Makes a command and all below it throw misuse as {@link UsageError}s that name what is legal there. */
function explainMisuse(command: Command): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : new UsageError(misuseMessage(error, command), { cause: error });
  });
  for (const sub of command.commands) explainMisuse(sub);
}

function misuseMessage(error: CommanderError, command: Command): string {
  const message = error.message.replace(/^error: /, "");
  const verb = command.parent === null ? "" : ` ${verbName(command)}`;
  const where = `mnemosyne${verb}`;
  const verbs = command.commands.map((sub) => sub.name());
  const flags = command
    .createHelp()
    .visibleOptions(command)
    .map((option) => option.long ?? "");
  switch (error.code) {
    case "commander.unknownOption": {
      const flag = /unknown option '([^=]*?)(=.*)?'/s.exec(message)?.[1] ?? "";
      const hint = command.parent === null ? " Flags go behind the verb." : "";
      const guess = didYouMean(flag, flags);
      return `unknown flag '${clip(flag)}'${guess}.${hint} Flags of ${where}: ${flags.join(" ")}`;
    }
    case "commander.unknownCommand": {
      const word = /unknown command '(.*)'/s.exec(message)?.[1] ?? "";
      return `unknown verb '${clip(word)}'${didYouMean(word, verbs)}. Verbs of ${where}: ${verbs.join(" ")}`;
    }
    case "commander.help":
      return `say what to do. Verbs of ${where}: ${verbs.join(" ")}`;
    default:
      return `${clip(message, 600)}${message.endsWith(".") ? "" : "."} See npx mnemosyne-mpc${verb} --help`;
  }
}

function clip(text: string, length = 80): string {
  return text.length > length ? `${text.slice(0, length)} ...` : text;
}

/** Why a run ended that was interrupted; a verb may say more about it than that it was. */
function interruption(signal: AbortSignal, error: unknown): InterruptedError {
  if (error instanceof InterruptedError) return error;
  if (signal.reason instanceof InterruptedError) return signal.reason;
  return new InterruptedError("interrupted", { cause: error });
}

/** Writes an error to stderr, and with `--json` as an object to stdout. */
function report(
  error: unknown,
  verb: string | null,
  args: readonly string[],
  around: ProgramSurroundings,
): ExitCode {
  const { code, message, exitCode } = describeError(error);
  around.stderr.write(plainText(`mnemosyne: ${message}\n`));
  if (around.env.MNEMOSYNE_DEBUG === "1" && error instanceof Error)
    around.stderr.write(plainText(`${error.stack}\n`));
  if (wantsJson(args)) around.stdout.write(toJsonLine({ verb, status: "failed", error: { code, message } }));
  return exitCode;
}

/** Whether `--json` is among the flags, for errors that come before the flags are understood. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}

/** The verb that was called, as far as it exists: null for none. */
function verbIn(program: Command, args: readonly string[]): string | null {
  const command = verbOf(program, args);
  return command === program ? null : verbName(command);
}
