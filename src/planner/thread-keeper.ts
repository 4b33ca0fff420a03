import type { SensorSample } from "./scene.ts";
import type { NavigatorAnswer, NavigatorRequest, ThreadPort } from "./serve-navigator.ts";

/** A thread that serves a navigator. */
export type NavigatorThread = ThreadPort<NavigatorRequest, NavigatorAnswer> & {
  /** Is told once where the thread ends by itself. */
  ended(heard: (why: string) => void): void;
  /** Ends the thread, whatever it is busy with. */
  terminate(): void;
};

/** A thread that is replaced where it hangs or ends. */
export type ThreadKeeper = {
  /** How often it was. */
  readonly replaced: number;
  /** What became of it, for people, until it answers again. */
  readonly news?: string;
  post(request: NavigatorRequest): void;
  /** Asks for the report of a sample; resolved without one where the thread is replaced meanwhile. */
  ask(sample: SensorSample): Promise<Exclude<NavigatorAnswer, { kind: "ready" }> | undefined>;
  /** Replaces a thread that owes an answer for too long. */
  look(): void;
  close(): void;
};

/**
 * Keeps a thread.
 *
 * @param keep.hangMs that it may owe an answer [ms] @param keep.startMs the same for its first one
 * @param keep.again what a new thread is told first
 */
export function createThreadKeeper(keep: {
  readonly start: () => NavigatorThread;
  readonly hangMs: number;
  readonly startMs: number;
  readonly clock: () => number;
  readonly again: () => readonly NavigatorRequest[];
}): ThreadKeeper {
  const { start, hangMs, startMs, clock, again } = keep;
  type Settle = (answer?: Exclude<NavigatorAnswer, { kind: "ready" }>) => void;
  let owed: { readonly id: number; readonly since: number; readonly settle: Settle } | undefined;
  let answered = false;
  let ids = 0;
  let replaced = 0;
  let news: string | undefined;
  let closed = false;

  const hire = (): NavigatorThread => {
    const next = start();
    answered = false;
    next.listen((answer) => {
      if (next !== thread || answer.kind === "ready" || owed?.id !== answer.id) return;
      const { settle } = owed;
      owed = undefined;
      answered = true;
      settle(answer);
      news = undefined;
    });
    next.ended((why) => {
      if (next === thread && !closed) replace(`ended: ${why}`);
    });
    return next;
  };
  const replace = (why: string): void => {
    replaced++;
    news = `the planner's thread ${why}; it was replaced (${replaced})`;
    const old = thread;
    thread = hire();
    old.terminate();
    for (const request of again()) thread.post(request);
    const settle = owed?.settle;
    owed = undefined;
    settle?.();
  };
  let thread = hire();

  return {
    get replaced() {
      return replaced;
    },
    get news() {
      return news;
    },
    post: (request) => thread.post(request),
    ask: (sample) =>
      new Promise((settle) => {
        owed = { id: ++ids, since: clock(), settle };
        thread.post({ kind: "tick", id: owed.id, sample });
      }),
    look() {
      const ms = owed === undefined ? 0 : clock() - owed.since;
      if (ms > (answered ? hangMs : startMs)) replace(`gave no answer for ${ms.toFixed(0)} ms`);
    },
    close() {
      closed = true;
      thread.terminate();
    },
  };
}
