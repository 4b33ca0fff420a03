import { type CommandableRun, commandable } from "../run/live-run.ts";
import { createMessageRun } from "../run/message-run.ts";
import type { DemoReply, DemoRequest } from "./demo-protocol.ts";
import type { DemoSetup } from "./demo-setup.ts";

/** Drives in a worker of its own; one drive at a time. */
type DemoDriver = {
  /**
   * Begins a drive in the place of the one before.
   *
   * @returns the run, and what is different from what was asked for; never, where another is begun meanwhile
   * @throws Error with a message for people, where there is nothing to drive
   */
  start(setup: DemoSetup): Promise<{ readonly run: CommandableRun; readonly note: string }>;
  /** Simulated seconds per second. */ setSpeed(factor: number): void;
  dispose(): void;
};

type Begun = { readonly run: CommandableRun; readonly note: string };
type Waiting = { resolve(begun: Begun): void; reject(error: Error): void };

/** Starts the worker. */
export function createDemoDriver(): DemoDriver {
  const worker = new Worker(new URL("./demo-worker.ts", import.meta.url), { type: "module", name: "demo" });
  const ask = (request: DemoRequest): void => worker.postMessage(request);
  const answers = new Map<number, (refusal: string | undefined) => void>();
  let requests = 0;
  let turn = 0;
  let waiting: Waiting | undefined;
  let take: (reply: DemoReply) => void = () => {};

  const begin = ({ meta, note }: Extract<DemoReply, { kind: "began" }>): void => {
    const mine = turn;
    const messages = createMessageRun(meta.id ?? "demo", meta, () => ask({ kind: "stop", turn: mine }));
    const { run, setState } = commandable(
      messages,
      (command) =>
        new Promise((resolve) => {
          const id = requests++;
          answers.set(id, resolve);
          ask({ kind: "command", turn: mine, id, command });
        }),
    );
    take = (reply) => {
      if (reply.kind === "message") messages.add(reply.message);
      else if (reply.kind === "state") setState(reply.state);
      else if (reply.kind === "ended") {
        setState({ state: "ended", summary: reply.summary, note: reply.problem });
        messages.end(reply.summary, reply.problem);
      }
    };
    waiting?.resolve({ run, note });
    waiting = undefined;
  };

  worker.onmessage = ({ data }: MessageEvent<DemoReply>) => {
    if (data.kind === "answer") {
      answers.get(data.id)?.(data.refusal);
      answers.delete(data.id);
    } else if (data.turn !== turn) return;
    else if (data.kind === "began") begin(data);
    else if (data.kind === "ended" && waiting !== undefined) fail(data.problem ?? "the drive ended");
    else take(data);
  };
  worker.onerror = (event) => fail(event.message || "its script could not be loaded");
  const fail = (text: string): void => {
    waiting?.reject(new Error(text));
    waiting = undefined;
  };

  return {
    start(setup) {
      turn++;
      take = () => {};
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        ask({ kind: "start", turn, setup, base: document.baseURI });
      });
    },
    setSpeed: (factor) => ask({ kind: "speed", factor }),
    dispose: () => worker.terminate(),
  };
}
