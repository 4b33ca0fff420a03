import { messageOf } from "../../../src/base/index.ts";
import type { RunMeta, TickRecord, TimedGrid, TimedPath } from "../../../src/record/index.ts";
import type { ForeignTopic, Run, RunIndex, Series } from "../contracts.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import { createChunkLoader } from "./chunk-loader.ts";
import { seriesOf } from "./index-builder.ts";
import { latestAt } from "./latest-at.ts";
import { bytesAt, type LogPlace, type LogReply, type LogRequest } from "./log-protocol.ts";
import type { MessagePlace, PlacedTopic, ScanState } from "./log-scan.ts";
import { createMessageStore, type MessageStore } from "./message-store.ts";
import { type StartWorker, startWorker } from "./start-worker.ts";
import type { TopicNumbers } from "./topic-scan.ts";

/** Ticks are held decoded while their chunks in the file are no more than this. [bytes] */
const TICK_BUDGET = 2 ** 26;
/** Cells of maps, and of local grids, that are held. */
const CELL_BUDGET = 2 ** 25;
/** Numbers of paths that are held. */
const PATH_BUDGET = 2 ** 21;

/**
 * Opens a log in a worker of its own. Resolves as soon as something can be shown; the rest arrives while the
 * log is read, which listeners hear of.
 *
 * @param name shown for the run, where the log does not say better
 * @param onProgress told of the share of the log that was read, 0 .. 1
 * @throws Error with a message for people, where nothing can be shown
 */
export function openLogRun(
  place: LogPlace,
  name: string,
  onProgress: (share: number) => void = () => {},
  start: StartWorker = startWorker,
): Promise<Run> {
  const worker = start();
  return new Promise((resolve, reject) => {
    let run: LogRun | undefined;
    let opened: Extract<LogReply, { kind: "opened" }> | undefined;
    worker.onmessage = ({ data }: MessageEvent<LogReply>) => {
      if (data.kind === "refused") {
        worker.terminate();
        reject(new Error(data.text));
      } else if (data.kind === "opened") {
        opened = data;
      } else if (data.kind === "state" && opened !== undefined) {
        if (run === undefined) {
          run = createLogRun(worker, place, name, opened, data.state);
          resolve(run);
        } else run.update(data.state);
        onProgress(data.state.share);
      } else run?.reply(data);
    };
    worker.onerror = (event) => {
      worker.terminate();
      reject(new Error(`the log's reader stopped: ${event.message || "its script could not be loaded"}`));
    };
    worker.postMessage({ kind: "open", place } satisfies LogRequest);
  });
}

type LogRun = Run & { update(state: ScanState): void; reply(data: LogReply): void };

function createLogRun(
  worker: Worker,
  place: LogPlace,
  name: string,
  opened: Extract<LogReply, { kind: "opened" }>,
  first: ScanState,
): LogRun {
  const { sizes } = opened;
  let state = first;
  const topics = createTopics(opened.topics);
  let index = indexOf(name, opened, state, topics);
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const { ask, answer, end } = createQuestions(worker);
  const cache = createBoundedCache<number, readonly TickRecord[]>(TICK_BUDGET);
  const loader = createChunkLoader({
    load: (chunk) => ask<readonly TickRecord[]>({ kind: "ticks", chunk }),
    store: (chunk, ticks) => cache.set(chunk, ticks, sizes[chunk]),
    has: (chunk) => cache.has(chunk) || chunk >= state.firstTicks.length - 1,
    changed,
  });
  const storeOf = <T extends TimedGrid | TimedPath>(
    topic: PlacedTopic,
    budget: number,
    costOf: (message: T) => number,
  ) =>
    createMessageStore<T>({
      read: (place) => ask<T | undefined>({ kind: "message", topic, place }),
      costOf,
      budget,
      changed,
    });
  const cells = ({ grid }: TimedGrid): number => grid.cells.length;
  const maps = storeOf("/map", CELL_BUDGET, cells);
  const localGrids = storeOf("/local_grid", CELL_BUDGET, cells);
  const keepouts = storeOf("/keepout", CELL_BUDGET, cells);
  const speedZones = storeOf("/speed_zones", CELL_BUDGET, cells);
  const paths = storeOf("/path", PATH_BUDGET, ({ points }: TimedPath) => points.length);
  /** What is held of the message at or before a time. @param earliest where there is none before it */
  const nowAt = <T>(
    store: MessageStore<T>,
    places: readonly MessagePlace[],
    time: number,
    earliest = -1,
  ): T | undefined => {
    const at = Math.max(
      latestAt(places, time, (place) => place.time),
      earliest,
    );
    return places[at] && store.now(at, places[at]);
  };
  const chunkOf = (i: number): number => latestAt(state.firstTicks, i, (value) => value);
  const cached = (i: number, chunk: number): TickRecord | undefined =>
    cache.get(chunk)?.[i - state.firstTicks[chunk]];

  return {
    get index() {
      return index;
    },
    async tick(i) {
      checkTick(i, index);
      const chunk = chunkOf(i);
      const found = cached(i, chunk) ?? (await loader.load(chunk))[i - state.firstTicks[chunk]];
      if (found === undefined) throw new Error(`tick ${i} cannot be read`);
      return found;
    },
    tickNow(i) {
      if (!(i >= 0 && i < index.times.length)) return undefined;
      const chunk = chunkOf(i);
      const found = cached(i, chunk);
      if (found === undefined) loader.request(chunk);
      else loader.prefetch(chunk + 1);
      return found;
    },
    async localGrid(i) {
      checkTick(i, index);
      const at = latestAt(state.localGrids, index.times[i], (place) => place.time);
      return at < 0 ? undefined : localGrids.load(at, state.localGrids[at]);
    },
    // Before the first map was written, it is the map of the start that was driven on.
    map: (time) => nowAt(maps, state.maps, time, 0),
    zones: (time) => ({
      keepout: nowAt(keepouts, state.keepouts, time, 0),
      slow: nowAt(speedZones, state.speedZones, time, 0),
    }),
    path: (time) => withPoints(nowAt(paths, state.paths, time)),
    trail: () => state.trail,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    loadTopic(topic) {
      if (!topics.begin(topic)) return;
      const heard = (): void => {
        index = indexOf(name, opened, state, topics);
        changed();
      };
      heard();
      ask<TopicNumbers>({ kind: "topic", topic })
        .then((numbers) => topics.take(topic, numbers))
        .catch((error: unknown) => topics.fail(topic, messageOf(error)))
        .finally(heard);
    },
    log: () => bytesAt(place),
    close() {
      worker.terminate();
      end();
      cache.clear();
      listeners.clear();
    },
    update(next) {
      state = next;
      index = indexOf(name, opened, state, topics);
      changed();
    },
    reply: answer,
  };
}

/** The topics of other programs, and the series of those that were read. */
function createTopics(found: readonly ForeignTopic[]) {
  const topics = new Map(found.map((topic) => [topic.name, topic]));
  const series = new Map<string, Series>();
  const change = (name: string, patch: Partial<ForeignTopic>): void => {
    const topic = topics.get(name);
    if (topic !== undefined) topics.set(name, { ...topic, ...patch });
  };
  return {
    list: (): readonly ForeignTopic[] => [...topics.values()],
    series: (): ReadonlyMap<string, Series> => series,
    /** @returns whether it is to be read */
    begin(name: string): boolean {
      const topic = topics.get(name);
      if (topic?.state !== "unread" || topic.problem !== undefined) return false;
      change(name, { state: "reading" });
      return true;
    },
    take(topic: string, { times, columns, problem }: TopicNumbers): void {
      for (const { path, values } of columns) {
        const name = path.startsWith("[") ? `${topic}${path}` : path === "" ? topic : `${topic}.${path}`;
        series.set(name, { name, unit: "", group: topic, values, times });
      }
      change(topic, { state: "read", problem });
    },
    fail: (name: string, problem: string) => change(name, { state: "read", problem }),
  };
}

type Question =
  | { readonly kind: "ticks"; readonly chunk: number }
  | Omit<Extract<LogRequest, { kind: "message" }>, "id">
  | Omit<Extract<LogRequest, { kind: "topic" }>, "id">;

/** Asks the worker, and gives each answer to whoever asked. */
function createQuestions(worker: Worker) {
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  let ended = false;
  return {
    ask: <T>(question: Question): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (ended) return reject(new Error("the log was closed"));
        const id = asked++;
        pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
        worker.postMessage({ ...question, id });
      }),
    answer(data: LogReply): void {
      if (!("id" in data)) return;
      const question = pending.get(data.id);
      pending.delete(data.id);
      if (data.kind === "failed") question?.reject(new Error(data.text));
      else if (data.kind === "topic") question?.resolve(data.numbers);
      else question?.resolve(data.kind === "ticks" ? data.ticks : data.message);
    },
    end(): void {
      ended = true;
      for (const { reject } of pending.values()) reject(new Error("the log was closed"));
      pending.clear();
    },
  };
}

/** A log without a run has no robot; nothing of this one is ever shown. */
const NO_RUN: RunMeta = {
  robot: {
    name: "",
    source: "",
    model: "differential",
    footprint: [
      [-1, -1],
      [1, -1],
      [0, 1],
    ],
    limits: { vMin: -1, vMax: 1, wMax: 1, aMax: 1, alphaMax: 1 },
  },
  config: {},
};

function indexOf(
  name: string,
  { meta, summary, span }: Extract<LogReply, { kind: "opened" }>,
  state: ScanState,
  topics: ReturnType<typeof createTopics>,
): RunIndex {
  const whole = state.share >= 1;
  const own = meta === undefined ? [] : seriesOf(meta, state);
  return {
    name,
    meta: meta ?? NO_RUN,
    summary,
    span,
    topics: topics.list(),
    times: state.times,
    series: new Map([...own, ...topics.series()]),
    marks: state.marks,
    problems: state.problems,
    complete: whole && state.problems.length === 0,
    live: false,
  };
}

/** A path without points is written where there is none any more. */
function withPoints(path: TimedPath | undefined): TimedPath | undefined {
  return path === undefined || path.points.length === 0 ? undefined : path;
}

function checkTick(i: number, { times }: RunIndex): void {
  if (!(Number.isInteger(i) && i >= 0 && i < times.length))
    throw new RangeError(`there is no tick ${i}: the run has ${times.length}`);
}
