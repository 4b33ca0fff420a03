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
  /** Asks for the report of a sample; resolved without one where the thread ends or another is asked for meanwhile. */
  ask(sample: SensorSample): Promise<Exclude<NavigatorAnswer, { kind: "ready" }> | undefined>;
  /** Replaces a thread that owes an answer for too long, whichever it was first asked for. */
  look(): void;
  close(): void;
};

export type ThreadKeeperOptions = {
  readonly start: () => NavigatorThread;
  /** A thread may owe an answer for so long; another one than its first. [ms] */
  readonly hangMs: number;
  /** The same for its first one. [ms] */
  readonly startMs: number;
  readonly clock: () => number;
  /** What a new thread is told first. */
  readonly again: () => readonly NavigatorRequest[];
};

type Settle = (answer?: Exclude<NavigatorAnswer, { kind: "ready" }>) => void;

/** Keeps a thread. */
export function createThreadKeeper(options: ThreadKeeperOptions): ThreadKeeper {
  const { start, hangMs, startMs, clock, again } = options;
  let owed: { readonly id: number; readonly since: number; readonly settle: Settle } | undefined;
  let answered = false;
  let hired = 0;
  /** Why the thread ended before it answered anything: the next one may end likewise, and is not hired at once. */
  let dead: string | undefined;
  let ids = 0;
  let replaced = 0;
  let news: string | undefined;
  let closed = false;

  const hire = (): NavigatorThread => {
    const next = start();
    answered = false;
    dead = undefined;
    hired = clock();
    next.listen((answer) => {
      if (next !== thread || answer.kind === "ready" || owed === undefined) return;
      answered = true;
      if (owed.id === answer.id) {
        settleOwed(answer);
        news = undefined;
      } else owed = { ...owed, since: clock() }; // of a sample that nobody waits for any more: the thread goes on
    });
    next.ended((why) => {
      if (next !== thread || closed) return;
      if (answered) return replace(`ended: ${why}`);
      dead = `ended: ${why}`;
      news = `the planner's thread ${dead}; it is replaced in a while`;
      settleOwed();
    });
    return next;
  };
  const settleOwed: Settle = (answer) => {
    const settle = owed?.settle;
    owed = undefined;
    settle?.(answer);
  };
  const replace = (why: string): void => {
    replaced++;
    news = `the planner's thread ${why}; it was replaced (${replaced})`;
    const old = thread;
    thread = hire();
    old.terminate();
    for (const request of again()) thread.post(request);
    settleOwed();
  };
  const look = (): void => {
    const ms = owed === undefined ? 0 : clock() - owed.since;
    if (ms > (answered ? hangMs : startMs)) replace(`gave no answer for ${ms.toFixed(0)} ms`);
    else if (dead !== undefined && clock() - hired > hangMs) replace(dead);
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
    ask(sample) {
      look();
      if (dead !== undefined) return Promise.resolve(undefined);
      const since = owed?.since ?? clock(); // what nobody waits for any more is owed all the same
      settleOwed();
      return new Promise((settle) => {
        owed = { id: ++ids, since, settle };
        thread.post({ kind: "tick", id: owed.id, sample });
      });
    },
    look,
    close() {
      closed = true;
      thread.terminate();
    },
  };
}
