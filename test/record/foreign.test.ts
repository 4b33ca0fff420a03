import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import { parseRosSchema } from "../../src/record/foreign/ros-schema.ts";
import {
  createMessageDecoder,
  type McapChannel,
  type McapPieces,
  numbersIn,
  openMcap,
} from "../../src/record/index.ts";

/**
 * Five messages on each of /ros1, /ros2, /proto and /json, and on /odd, which nobody can read. Written by the formats' own
 * authors: @mcap/core 2.2, @foxglove/rosmsg-serialization 2.0, @foxglove/rosmsg2-serialization 3.1, protobufjs 7.
 */
const bytes = new Uint8Array(readFileSync(new URL("data/foreign.mcap", import.meta.url)));

async function numbersOf(topic: string): Promise<Record<string, number>[]> {
  const log = await openMcap(bytes);
  const rows: Record<string, number>[] = [];
  for (const piece of log.sizes.keys())
    for (const { channel, data } of await log.read(piece, [topic])) {
      const row: Record<string, number> = {};
      numbersIn(createMessageDecoder(log.channels.get(channel)!)(data), (path, value) => {
        row[path] = value;
      });
      rows.push(row);
    }
  return rows;
}

/** What was written as message i, but for strings and bytes. */
function written(i: number): Record<string, number> {
  const points = Array.from({ length: i }, (_, k) => [
    [`points[${k}].x`, k + 0.5],
    [`points[${k}].y`, -k],
    [`points[${k}].z`, 10 * i + k],
  ]).flat();
  return {
    ...Object.fromEntries(points),
    "header.stamp": 1_700_000_000 + i + 0.25,
    "fixed[0]": 1.5,
    "fixed[1]": i,
    "fixed[2]": -2.25,
    flag: i % 2,
    small: -i,
    large: 9_007_199_254_740_991,
    last: Math.PI * i,
  };
}

/** -0 and 0 are one number to a plot. */
const plain = (row: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value + 0]));

describe("messages of other programs", () => {
  it("have every number that ROS 1 wrote", async () => {
    const rows = await numbersOf("/ros1");
    expect(rows.map(plain)).toEqual(
      [0, 1, 2, 3, 4].map((i) => plain({ ...written(i), "header.seq": i, took: -0.5 })),
    );
  });

  it("have every number that ROS 2 wrote", async () => {
    const rows = await numbersOf("/ros2");
    expect(rows.map(plain)).toEqual([0, 1, 2, 3, 4].map((i) => plain({ ...written(i), took: -0.5 })));
  });

  it("have every number that protobuf wrote, and those that it leaves out because they are 0", async () => {
    const more = { kind: 7, zero: 0, "steps[0]": -1, "steps[1]": 2 ** 40, "steps[2]": -(2 ** 40) };
    const rows = await numbersOf("/proto");
    expect(rows.map(plain)).toEqual(
      [0, 1, 2, 3, 4].map((i) => plain({ ...written(i), ...more, "loose[0]": 3, "loose[1]": -4 })),
    );
  });

  it("have every number of JSON", async () => {
    expect((await numbersOf("/json"))[3]).toEqual({ "a.b[0]": 3, "a.b[1]": 9, on: 1, when: 3.5 });
  });

  it("in an encoding that is not read are refused by name", async () => {
    await expect(numbersOf("/odd")).rejects.toThrow(/flatbuffer.*expected JSON, protobuf, ROS 1 and ROS 2/);
  });

  it("tell their file's time and topics without being read", async () => {
    const log = await openMcap(bytes);
    expect("meta" in log).toBe(false);
    expect((log as McapPieces).span).toEqual([1_700_000_000, 1_700_000_002]);
    expect([...log.channels.values()].map(({ topic }) => topic)).toEqual([
      "/ros1",
      "/ros2",
      "/proto",
      "/json",
      "/odd",
    ]);
  });
});

it("a comment of a schema may hold quotation marks, as sensor_msgs/Imu's does", () => {
  const text =
    "# in m/s^2 (not in g's), and rotation\n  # doesn't matter\nfloat64 y # it's\nstring s \"a # b\"";
  expect(
    parseRosSchema("a/B", text)
      .definitions.get("a/B")!
      .map(({ name }) => name),
  ).toEqual(["y", "s"]);
});

describe("a hostile message", () => {
  const channel = (schema: string, messageEncoding: string, schemaEncoding: string): McapChannel => ({
    topic: "/x",
    messageEncoding,
    schemaEncoding,
    schemaName: "a/B",
    schema: new TextEncoder().encode(schema),
  });

  it("that is cut off, or asks for more than it has, ends with an error", async () => {
    const log = await openMcap(bytes);
    for (const topic of ["/ros1", "/ros2", "/proto"])
      for (const { channel: id, data } of await log.read(0, [topic])) {
        const decode = createMessageDecoder(log.channels.get(id)!);
        for (let length = 0; length < data.length; length += 7) {
          try {
            decode(data.subarray(0, length));
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        }
      }
  });

  it("of billions of structures that take no byte is not waited for", () => {
    const inner = ["C[4000000000] c", "===", "MSG: a/C", "D[4000000000] d", "===", "MSG: a/D"].join("\n");
    const empty = [
      "C[1000] c",
      "===",
      "MSG: a/C",
      "D[1000] d",
      "===",
      "MSG: a/D",
      "E[1000] e",
      "===",
      "MSG: a/E",
    ];
    for (const schema of [inner, empty.join("\n")])
      for (const [encoding, kind] of [
        ["ros1", "ros1msg"],
        ["cdr", "ros2msg"],
      ])
        expect(() => createMessageDecoder(channel(schema, encoding, kind))(new Uint8Array(2000))).toThrow(
          FormatError,
        );
  });

  it("whose schema holds itself, or a type that nobody defined, is refused before it is read", () => {
    expect(() => createMessageDecoder(channel("B b", "ros1", "ros1msg"))).toThrow(/holds itself/);
    expect(() => createMessageDecoder(channel("Nobody n", "cdr", "ros2msg"))).toThrow(
      /"Nobody" is not defined/,
    );
    expect(() => createMessageDecoder(channel("-- nothing", "ros1", "ros1msg"))).toThrow(/is no field/);
  });
});
