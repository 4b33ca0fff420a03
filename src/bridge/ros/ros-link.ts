import { ConfigError, messageOf } from "../../base/index.ts";
import type { RosObject } from "./ros-values.ts";

/** What is used of roslib, whose own declarations leave out the endings that Node's resolution asks for. */
type RosLibrary = {
  readonly Ros: new () => {
    readonly isConnected: boolean;
    connect(url: string): Promise<void>;
    close(): void;
    on(event: "connection" | "close" | "error", heard: (event: unknown) => void): void;
  };
  readonly Topic: new (options: {
    readonly ros: object;
    readonly name: string;
    readonly messageType: string;
    readonly throttle_rate?: number;
    readonly queue_length?: number;
    readonly queue_size?: number;
  }) => {
    subscribe(heard: (message: RosObject) => void): void;
    advertise(): void;
    publish(message: RosObject): void;
  };
};

/** A connection to a robot's ROS: topics in and out, and whether it stands. */
export type RosLink = {
  /** Hears a topic, now and after every reconnection. @param every at most one message in so long [ms] */
  subscribe(topic: string, type: string, every: number, heard: (message: RosObject) => void): void;
  /** Announces a topic; what is sent while the link is down is dropped, never sent later. */
  advertise(topic: string, type: string): (message: RosObject) => void;
  /** Breaks the connection and makes it anew, where nothing has come for long. */
  restart(): void;
  close(): void;
};

/** Waits between attempts to connect: the first, and the longest. [ms] */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 2000;

/**
 * A link through rosbridge (`roslib`) that reconnects by itself until it is closed.
 *
 * @param url `ws://host:port` or `wss://`
 * @param changed told whenever the link comes up or goes down, with why
 * @throws ConfigError for an address of another kind
 */
export async function openRosbridge(
  url: string,
  changed: (up: boolean, note: string) => void,
): Promise<RosLink> {
  if (!/^wss?:\/\/[^/]/.test(url))
    throw new ConfigError(`"${url}" is no address of a rosbridge server, expected ws://HOST:PORT`);
  // Loaded where it is asked for: most runs speak to no robot.
  const { Ros, Topic } = (await import("roslib")) as unknown as RosLibrary;
  const ros = new Ros();
  let closed = false;
  let wait = FIRST_WAIT;
  let timer: NodeJS.Timeout | undefined;
  let failure = "";
  const connect = (): void => {
    ros.connect(url).catch((error: unknown) => {
      failure = messageOf(error);
      again();
    });
  };
  const again = (): void => {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      connect();
    }, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  };
  ros.on("connection", () => {
    wait = FIRST_WAIT;
    changed(true, `connected to ${url}`);
  });
  ros.on("error", (event: unknown) => {
    failure =
      event instanceof Error ? event.message : String((event as { message?: unknown })?.message ?? "");
    again();
  });
  ros.on("close", () => {
    if (closed) return;
    changed(false, `no connection to ${url}${failure === "" ? "" : `: ${failure}`}`);
    failure = "";
    again();
  });
  connect();
  return {
    subscribe(name, messageType, every, heard) {
      new Topic({ ros, name, messageType, throttle_rate: every, queue_length: 1 }).subscribe(heard);
    },
    advertise(name, messageType) {
      const topic = new Topic({ ros, name, messageType, queue_size: 1 });
      topic.advertise();
      return (message) => {
        if (ros.isConnected) topic.publish(message);
      };
    },
    restart() {
      ros.close();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      ros.close();
    },
  };
}
