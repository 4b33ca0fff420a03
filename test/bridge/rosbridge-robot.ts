import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { createRng, type Rng } from "../../src/base/index.ts";
import {
  createRangeSensor,
  footprintClearance,
  type OccupancyGrid,
  type Pose,
  type Robot,
} from "../../src/sim/index.ts";

export type FakeRobotOptions = {
  readonly robot: Robot;
  readonly grid: OccupancyGrid;
  readonly start: Pose;
  readonly seed: number;
  readonly version: 1 | 2;
  /** Of every message, both ways: mean and half width of the delay [ms], and the share that is lost. */
  readonly delay?: { readonly mean: number; readonly spread: number; readonly loss: number };
  /** The base stops by itself where no command comes for so long, as ROS base controllers do. [ms] */
  readonly commandTimeout: number;
  /** The robot's clock is ahead of ours by so much. [s] */ readonly clockOffset?: number;
  readonly sendMap?: boolean;
};

/** Of the simulated wheels. [s] */
const STEP = 0.01;

/** A client's end of a connection: what the robot sends it, as text. */
export type FakeClient = { readonly send: (text: string) => void };

/** The robot without its server: it moves by timers, hears and says JSON texts. */
export function createFakeRobot(options: FakeRobotOptions) {
  const { robot, grid, version, delay, clockOffset = 1000 } = options;
  if (robot.model !== "differential") throw new Error("the fake robot has two driven wheels");
  const { limits } = robot;
  const rng: Rng = createRng(options.seed);
  const sensor = createRangeSensor({ rng, beams: 360, range: 8 });
  const clients = new Map<FakeClient, Set<string>>();
  const received = new Map<string, Record<string, unknown>>();
  const types = new Map<string, string>();
  const state = { ...options.start, v: 0, w: 0 };
  const asked = { v: 0, w: 0, at: Number.NEGATIVE_INFINITY };
  let commands = 0;
  let isCut = false;
  let silent = false;
  let extraDelay = 0;
  let lie = 0;
  let minClearance = Number.POSITIVE_INFINITY;

  /** Lets a message through after its delay, or not at all. */
  const pass = (deliver: () => void): void => {
    if (delay === undefined && extraDelay === 0) {
      deliver();
      return;
    }
    const { mean, spread, loss } = delay ?? { mean: 0, spread: 0, loss: 0 };
    if (rng.uniform() < loss) return;
    setTimeout(deliver, extraDelay + mean + spread * (2 * rng.uniform() - 1));
  };
  const publish = (topic: string, msg: object): void => {
    for (const [client, topics] of clients) {
      if (!topics.has(topic)) continue;
      const text = JSON.stringify({ op: "publish", topic, msg });
      pass(() => {
        if (!isCut) client.send(text);
      });
    }
  };
  const header = (frame_id: string): object => {
    const now = Date.now() / 1000 + clockOffset;
    const [s, ns] = [Math.floor(now), Math.round(1e9 * (now % 1))];
    return { frame_id, stamp: version === 1 ? { secs: s, nsecs: ns } : { sec: s, nanosec: ns } };
  };
  const rosPose = ({ x, y, yaw }: Pose): object => ({
    position: { x, y, z: 0 },
    orientation: { x: 0, y: 0, z: Math.sin(yaw / 2), w: Math.cos(yaw / 2) },
  });
  const obey = (topic: string, msg: Record<string, never>): void => {
    received.set(topic, msg);
    if (topic !== "/cmd_vel") return;
    commands++;
    const twist: { linear: { x: number }; angular: { z: number } } = msg.twist ?? msg;
    Object.assign(asked, { v: twist.linear.x, w: twist.angular.z, at: performance.now() });
  };
  /** A client joins. @returns what takes its texts, and what ends it */
  const attach = (client: FakeClient): { hear(text: string): void; leave(): void } => {
    const topics = new Set<string>();
    clients.set(client, topics);
    return {
      leave: () => clients.delete(client),
      hear(text) {
        if (isCut) return;
        const message = JSON.parse(text) as { op: string; topic: string; type: string; msg: never };
        if (message.op === "publish") pass(() => !isCut && obey(message.topic, message.msg));
        if (message.op === "advertise") types.set(message.topic, message.type);
        if (message.op !== "subscribe") return;
        types.set(message.topic, message.type);
        topics.add(message.topic);
        if (message.topic !== "/map" || options.sendMap === false) return;
        const { width, height, resolution, origin, cells } = grid;
        const info = { width, height, resolution, origin: rosPose(origin) };
        publish("/map", { header: header("map"), info, data: Array.from(cells) });
      },
    };
  };

  let ticks = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    for (const now = performance.now(); last + 1000 * STEP <= now; last += 1000 * STEP) move();
  }, 10);
  /** What the wheels turn towards: what was asked for, or to stand where that is too long ago. */
  const target = (now: number): { readonly v: number; readonly w: number } =>
    now - asked.at > options.commandTimeout ? { v: 0, w: 0 } : asked;
  function move(): void {
    const { v, w } = target(last);
    const toward = (value: number, wanted: number, rate: number): number =>
      value + Math.max(-rate * STEP, Math.min(rate * STEP, wanted - value));
    state.v = toward(state.v, v, limits.aMax);
    state.w = toward(state.w, w, limits.alphaMax);
    state.yaw += state.w * STEP;
    state.x += state.v * Math.cos(state.yaw) * STEP;
    state.y += state.v * Math.sin(state.yaw) * STEP;
    minClearance = Math.min(minClearance, footprintClearance(robot, state, grid, 1));
    ticks++;
    if (silent) return;
    if (ticks % 4 === 0)
      publish("/odom", {
        header: header("odom"),
        child_frame_id: "base_link",
        pose: { pose: rosPose({ x: state.x - 1, y: state.y, yaw: state.yaw }) },
        twist: { twist: { linear: { x: state.v + lie, y: 0, z: 0 }, angular: { x: 0, y: 0, z: state.w } } },
      });
    if (ticks % 10 === 0) {
      const { angles, ranges } = sensor.scan(grid, state);
      publish("/scan", {
        header: header("laser"),
        angle_min: angles[0],
        angle_increment: angles[1] - angles[0],
        range_min: 0.05,
        range_max: 8,
        ranges: Array.from(ranges),
      });
      publish("/tf", {
        transforms: [
          transform("map", "odom", { x: 1, y: 0, yaw: 0 }),
          transform("base_link", "laser", { x: 0, y: 0, yaw: 0 }),
        ],
      });
    }
  }
  const transform = (parent: string, child_frame_id: string, { x, y, yaw }: Pose): object => ({
    header: header(parent),
    child_frame_id,
    transform: {
      translation: { x, y, z: 0 },
      rotation: { x: 0, y: 0, z: Math.sin(yaw / 2), w: Math.cos(yaw / 2) },
    },
  });
  return {
    attach,
    get pose() {
      return { x: state.x, y: state.y, yaw: state.yaw };
    },
    get speed() {
      return state.v;
    },
    /** Whether the wheels are to stand. */
    get isStopping() {
      const { v, w } = target(performance.now());
      return v === 0 && w === 0;
    },
    get commands() {
      return commands;
    },
    get minClearance() {
      return minClearance;
    },
    received,
    types,
    cut: (value: boolean) => {
      isCut = value;
    },
    silence: (value: boolean) => {
      silent = value;
    },
    publish,
    /** Everything takes longer from now on. [ms] */
    delayBy: (ms: number) => {
      extraDelay = ms;
    },
    /** The odometry adds so much to the speed. [m/s] */
    lie: (speed: number) => {
      lie = speed;
    },
    end: () => clearInterval(timer),
  };
}

/** A fake robot and its rosbridge server. */
export type FakeServer = {
  readonly robot: ReturnType<typeof createFakeRobot>;
  readonly url: string;
  /** Breaks every connection. */ drop(): void;
  close(): Promise<void>;
};

/** Starts the robot behind a server on loopback. */
export async function startFakeServer(options: FakeRobotOptions): Promise<FakeServer> {
  const robot = createFakeRobot(options);
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  const drop = (): void => {
    for (const socket of sockets.clients) socket.terminate();
  };
  sockets.on("connection", (socket) => {
    const { hear, leave } = robot.attach({ send: (text) => socket.send(text) });
    socket.on("message", (data) => hear(String(data)));
    socket.on("close", leave);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    robot,
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    drop,
    close: () =>
      new Promise((resolve) => {
        robot.end();
        drop();
        sockets.close();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
