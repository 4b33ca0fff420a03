import { FormatError, parseJson } from "../../base/index.ts";
import type { McapChannel } from "../mcap-records.ts";
import { createProtobufDecoder } from "./protobuf-decoder.ts";
import { createRos1Decoder, createRos2Decoder, ELEMENTS_READ } from "./ros-decoder.ts";
import { parseRosSchema } from "./ros-schema.ts";

/** Reads one message. @throws FormatError for one that is damaged */
export type MessageDecoder = (data: Uint8Array) => unknown;

/** How messages may be written, for those who ask what can be read. */
export const READ_ENCODINGS = "JSON, protobuf, ROS 1 and ROS 2 (CDR with .msg schemas)";

/**
 * The decoder of a channel's messages.
 *
 * @throws FormatError for an encoding that is not read here, or a schema that cannot be
 */
export function createMessageDecoder(channel: McapChannel): MessageDecoder {
  const { messageEncoding, schemaEncoding, schemaName, schema } = channel;
  switch (`${messageEncoding}/${schemaEncoding}`) {
    case "protobuf/protobuf":
      return createProtobufDecoder(schemaName, schema);
    case "ros1/ros1msg":
      return createRos1Decoder(parseRosSchema(schemaName, text.decode(schema)));
    case "cdr/ros2msg":
      return createRos2Decoder(parseRosSchema(schemaName, text.decode(schema)));
  }
  if (messageEncoding === "json") return (data) => parseJson(text.decode(data));
  const how = schemaEncoding === "" ? messageEncoding : `${messageEncoding} with ${schemaEncoding}`;
  throw new FormatError(`"${how}" cannot be read, expected ${READ_ENCODINGS}`);
}

const text = new TextDecoder();

/** Messages within one another that numbers are looked for in. */
const DEEPEST = 12;
/** Numbers of one message, at most. */
const MOST_NUMBERS = 400;

/**
 * Every number in a decoded message with its path, `linear.x`, `ranges[3]`: booleans as 0 and 1, times as seconds.
 *
 * @param put is called with each, in the order of the message
 */
export function numbersIn(message: unknown, put: (path: string, value: number) => void): void {
  let left = MOST_NUMBERS;
  const walk = (value: unknown, path: string, depth: number): void => {
    if (left <= 0) return;
    if (typeof value === "number" || typeof value === "boolean") {
      left--;
      put(path, Number(value));
    } else if (typeof value === "object" && value !== null && depth < DEEPEST) {
      const time = secondsOf(value as Record<string, unknown>);
      if (time !== undefined) walk(time, path, depth);
      else if (Array.isArray(value))
        for (let i = 0; i < Math.min(value.length, ELEMENTS_READ); i++)
          walk(value[i], `${path}[${i}]`, depth + 1);
      else
        for (const [key, inner] of Object.entries(value))
          walk(inner, path === "" ? key : `${path}.${key}`, depth + 1);
    }
  };
  walk(message, "", 0);
}

/** A time of ROS, protobuf or Foxglove's JSON as seconds; undefined for what is none. */
function secondsOf(value: Record<string, unknown>): number | undefined {
  const keys = Object.keys(value);
  if (keys.length !== 2) return undefined;
  const whole = value.sec ?? value.secs ?? value.seconds;
  const nanos = value.nsec ?? value.nsecs ?? value.nanosec ?? value.nanos;
  return typeof whole === "number" && typeof nanos === "number" ? whole + 1e-9 * nanos : undefined;
}
