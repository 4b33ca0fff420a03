import type { DriveSummary } from "../../src/drive/index.ts";
import type { RunMeta, TickRecord, TimedGrid, TimedPath } from "../../src/record/index.ts";

/** A number per tick, to be plotted. */
export type Series = {
  readonly name: string;
  readonly unit: string;
  /** One per tick, or per time of its own; NaN where none. */ readonly values: Float64Array;
  /** When each value was, ascending; the run's ticks where it does not say. [s] */ readonly times?: Float64Array;
  /** Series of a group share an axis and, by default, a plot. */ readonly group: string;
};

/** A moment worth a look. */
export type Mark = {
  /** [s] */ readonly time: number;
  readonly kind: "missedDeadline" | "fallback" | "contact" | "recovery" | "note";
  readonly text: string;
};

/** What is known of a run without its ticks. */
export type RunIndex = {
  readonly name: string;
  readonly meta: RunMeta;
  /** None where the log was cut short, or the run goes on. */ readonly summary?: DriveSummary;
  /** Per tick, from 0, ascending. [s] */ readonly times: Float64Array;
  readonly series: ReadonlyMap<string, Series>;
  readonly marks: readonly Mark[];
  /** What is missing or damaged, for people. */ readonly problems: readonly string[];
  /** Whether the log was ended properly. */ readonly complete: boolean;
  /** Whether ticks are still coming. */ readonly live: boolean;
  /** What the log holds beside the topics of a run. */ readonly topics?: readonly ForeignTopic[];
  /** From, to, of a log without ticks. [s] */ readonly span?: readonly [number, number];
};

/** A topic that another program wrote. Its series are there once somebody asked for them. */
export type ForeignTopic = {
  readonly name: string;
  /** Of its schema; "" where it has none. */ readonly schema: string;
  readonly encoding: string;
  readonly state: "unread" | "reading" | "read";
  /** Why its numbers cannot be had, for people. */ readonly problem?: string;
};

/** Zones that a robot is to keep to. */
export type Zones = {
  /** 100 where it may not go. */ readonly keepout?: TimedGrid;
  /** By how many percent of its largest speed it has to be slower; 0 where it need not. */
  readonly slow?: TimedGrid;
};

/** A run that is read from a log, received, or simulated in this tab. */
export type Run = {
  /** A new object whenever something in it changed. */ readonly index: RunIndex;
  /** From a bounded cache; chunks of the file are read on demand. */
  tick(i: number): Promise<TickRecord>;
  /** What is in the cache; else undefined, and it is requested: listeners hear when it came. */
  tickNow(i: number): TickRecord | undefined;
  /** What the robot knew around itself at tick i: the last one written at or before it. */
  localGrid(i: number): Promise<TimedGrid | undefined>;
  /** The map at a time. [s] */
  map(time: number): TimedGrid | undefined;
  /** Where it may not go and where only slowly, at a time, as far as it was read; listeners hear when it came. [s] */
  zones(time: number): Zones;
  /** The global path at a time, as far as it was read; listeners hear when it came. [s] */
  path(time: number): TimedPath | undefined;
  /** (ticks, 3) x, y, yaw where the robot really was; NaN where nobody knows. */
  trail(): Float64Array;
  /** Hears of new ticks, and of ticks, maps and paths that arrived after a `Now` call found none. */
  onChange(listener: () => void): () => void;
  /** Reads a topic of {@link RunIndex.topics}: its numbers become series, `/topic.field`. */
  loadTopic?(name: string): void;
  /** The run as a log's bytes: its file, or what came so far, of a run that has none. */
  log(): Promise<Blob>;
  close(): void;
};

/** How many runs may be laid over one another: as many as there are colours that can be told apart. */
export const MOST_RUNS = 6;

/** How a run is called where there are several: A, B, ... */
export function runLetter(slot: number): string {
  return String.fromCharCode(65 + slot);
}

/** How the scene is looked at. */
export type Camera = "orbit" | "top" | "followPosition" | "followPose";
/** Light or dark, or as the system says. */
export type Theme = "auto" | "light" | "dark";

/** The parts of the page around the scene. */
export type PartName = "left" | "right" | "plots";

/** What is shown. `time` is on the primary run's axis; panels show the tick at or before it. */
export type AppState = {
  /** At most {@link MOST_RUNS}; the first is primary. */ runs: Run[];
  /** [s] */ time: number;
  playing: boolean;
  /** Times real time. */ speed: number;
  /** From, to; playing starts over at the end. [s] */ loop?: [number, number];
  /** Whether the cursor stays with the newest tick of a live run. */ follow: boolean;
  layers: Record<string, boolean>;
  camera: Camera;
  chosenSeries: string[];
  /** [s] */ cursorA?: number;
  /** [s] */ cursorB?: number;
  theme: Theme;
  /** How many earlier plans are drawn. */ lastPlans: number;
  /** Of the page's parts, where they were dragged. [px of a usual screen] */ sizes: Partial<
    Record<PartName, number>
  >;
  /** Name of the tab in front, where one was chosen. */ tab?: string;
};

/** Holds the state of the application and tells who asked of changes. */
export type Store = {
  readonly state: Readonly<AppState>;
  /** Keys whose value is the same as before are no change. */
  set(patch: Partial<AppState>): void;
  /** @returns a function that ends the subscription */
  subscribe(keys: readonly (keyof AppState)[], listener: () => void): () => void;
};

/** What a panel is once it is made: `create<Panel>(host, store)`. */
export type Panel = { dispose(): void };
