import { McapIndexedReader, McapStreamReader, type TypedMcapRecord } from "@mcap/core";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesSource, TOPICS } from "../../src/record/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { type ShortRun, shortRun } from "./short-run.ts";

type Schema = {
  readonly type?: string;
  readonly title?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly { readonly const?: unknown }[];
  readonly contentEncoding?: string;
  readonly minimum?: number;
  readonly maximum?: number;
};

/** What of a value breaks a JSON Schema, as far as Foxglove's schemas go. */
function violations(schema: Schema, value: unknown, path: string): string[] {
  const wrong = (what: string): string[] => [`${path} ${what}, got ${JSON.stringify(value)?.slice(0, 80)}`];
  if (schema.oneOf !== undefined)
    return schema.oneOf.some((option) => option.const === value) ? [] : wrong("is none of the legal values");
  switch (schema.type) {
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("is no object");
      const object = value as Record<string, unknown>;
      const missing = (schema.required ?? []).filter((key) => object[key] === undefined);
      return [
        ...missing.map((key) => `${path}.${key} is missing`),
        ...Object.entries(object).flatMap(([key, inner]) => {
          const known = schema.properties?.[key];
          return known === undefined
            ? [`${path}.${key} is not in the schema`]
            : violations(known, inner, `${path}.${key}`);
        }),
      ];
    }
    case "array":
      if (!Array.isArray(value)) return wrong("is no array");
      return value.flatMap((item, i) => violations(schema.items!, item, `${path}[${i}]`));
    case "string":
      if (typeof value !== "string") return wrong("is no text");
      if (schema.contentEncoding === "base64" && Buffer.from(value, "base64").toString("base64") !== value)
        return wrong("is not base64");
      return [];
    case "integer":
    case "number":
      if (typeof value !== "number") return wrong("is no number");
      if (schema.type === "integer" && !Number.isInteger(value)) return wrong("is no integer");
      if (schema.minimum !== undefined && value < schema.minimum) return wrong("is too small");
      if (schema.maximum !== undefined && value > schema.maximum) return wrong("is too large");
      return [];
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("is neither true nor false");
    default:
      return wrong(`has a schema of unknown type ${schema.type}`);
  }
}

/**
 * What Foxglove and Lichtblick would not accept in a schema: their readers know objects with properties,
 * numbers, integers, booleans, texts, arrays of these (not of arrays), and choices among numbers.
 */
function unreadable(schema: Schema, path: string): string[] {
  if (schema.type !== "object" || schema.properties === undefined)
    return [`${path} is no object with properties`];
  return Object.entries(schema.properties).flatMap(([key, field]) => {
    const at = `${path}.${key}`;
    if (field.oneOf !== undefined)
      return field.oneOf.every((option) => typeof option.const === "number")
        ? []
        : [`${at} chooses no numbers`];
    const item = field.type === "array" ? field.items! : field;
    if (item.type === "object") return unreadable(item, at);
    return ["number", "integer", "boolean", "string"].includes(item.type ?? "")
      ? []
      : [`${at} is ${item.type}`];
  });
}

const FOXGLOVE = {
  "/map": "foxglove.Grid",
  "/local_grid": "foxglove.Grid",
  "/keepout": "foxglove.Grid",
  "/speed_zones": "foxglove.Grid",
  "/tf": "foxglove.FrameTransform",
  "/path": "foxglove.PosesInFrame",
  "/warm_start": "foxglove.PosesInFrame",
  "/plan": "foxglove.PosesInFrame",
  "/trail": "foxglove.PosesInFrame",
  "/goal": "foxglove.PoseInFrame",
  "/local_goal": "foxglove.PoseInFrame",
  "/scene": "foxglove.SceneUpdate",
  "/command": "mnemosyne.Command",
  "/diagnostics": "mnemosyne.Tick",
  "/log": "foxglove.Log",
};

const text = new TextDecoder();

describe("a log in another program", () => {
  let run: ShortRun;
  let reader: McapIndexedReader;
  beforeAll(async () => {
    // The robot is turned round on the way: with fallbacks and new paths.
    run = await shortRun({
      timeout_s: 3,
      onTick(report, simulator) {
        if (report.tick === 12) simulator.displace({ ...simulator.pose, yaw: simulator.pose.yaw + 2.5 });
      },
    });
    reader = await McapIndexedReader.Initialize({ readable: bytesSource(run.bytes) });
  });

  it("has the channels, schema names and encodings Foxglove draws", () => {
    const channels = [...reader.channelsById.values()];
    expect(
      Object.fromEntries(channels.map((c) => [c.topic, reader.schemasById.get(c.schemaId)?.name])),
    ).toEqual(FOXGLOVE);
    expect(channels.map((c) => c.messageEncoding)).toEqual(channels.map(() => "json"));
    expect([...reader.schemasById.values()].map((s) => s.encoding)).toEqual(
      [...reader.schemasById.values()].map(() => "jsonschema"),
    );
    expect(TOPICS.length).toBe(channels.length);
  });

  it("has schemas that Foxglove's reader of JSON schemas understands", () => {
    for (const schema of reader.schemasById.values()) {
      const parsed = JSON.parse(text.decode(schema.data)) as Schema;
      expect(parsed.title).toBe(schema.name);
      expect(unreadable(parsed, schema.name)).toEqual([]);
    }
  });

  it("has messages that fit their schemas, in the order of time, on every topic", async () => {
    const seen = new Map<string, number>();
    let last = 0n;
    for await (const message of reader.readMessages()) {
      const channel = reader.channelsById.get(message.channelId)!;
      const schema = JSON.parse(text.decode(reader.schemasById.get(channel.schemaId)!.data)) as Schema;
      const value = JSON.parse(text.decode(message.data)) as Record<string, unknown>;
      expect(violations(schema, value, channel.topic)).toEqual([]);
      expect(message.logTime >= last).toBe(true);
      last = message.logTime;
      const stamp = value.timestamp as { sec: number; nsec: number } | undefined;
      if (stamp !== undefined)
        expect(BigInt(stamp.sec) * 1_000_000_000n + BigInt(stamp.nsec)).toBe(message.logTime);
      expect(message.sequence).toBe(seen.get(channel.topic) ?? 0);
      seen.set(channel.topic, message.sequence + 1);
    }
    expect([...seen.keys()].filter((topic) => topic !== "/log").sort()).toEqual(
      TOPICS.filter((topic) => !["/log", "/keepout", "/speed_zones"].includes(topic)).sort(),
    );
    expect(seen.get("/diagnostics")).toBe(run.summary.ticks);
    expect(seen.get("/tf")).toBe(run.summary.ticks);
    expect(Number(reader.statistics!.messageCount)).toBe([...seen.values()].reduce((a, b) => a + b));
  });

  it("has grids whose strides and bytes agree, as the 3D panel checks them", async () => {
    let grids = 0;
    for await (const message of reader.readMessages({ topics: ["/map", "/local_grid"] })) {
      const grid = JSON.parse(text.decode(message.data));
      const bytes = Buffer.from(grid.data, "base64");
      expect(Number.isInteger(bytes.length / grid.row_stride)).toBe(true);
      expect(grid.cell_stride * grid.column_count).toBeLessThanOrEqual(grid.row_stride);
      for (const field of grid.fields) expect(field.offset + 1).toBeLessThanOrEqual(grid.cell_stride);
      grids++;
      if (grid.column_count !== run.world.grid.width) continue;
      const names = grid.fields.map((f: { name: string }) => f.name);
      expect(names).toEqual(["occupancy", "red", "green", "blue", "alpha"]);
      const dark = run.world.grid.cells.indexOf(100);
      const light = run.world.grid.cells.indexOf(0);
      expect(bytes[dark * grid.cell_stride + 1]).toBeLessThan(60);
      expect(bytes[light * grid.cell_stride + 1]).toBeGreaterThan(200);
      expect(bytes[light * grid.cell_stride + 4]).toBe(255);
    }
    expect(grids).toBeGreaterThan(2);
  });

  it("draws the robot's footprint at its true pose", async () => {
    const footprint = getRobot("jackal").footprint;
    const places: number[][] = [];
    for await (const message of reader.readMessages({ topics: ["/tf"] })) {
      const { translation, rotation, child_frame_id } = JSON.parse(text.decode(message.data));
      expect(child_frame_id).toBe("base_link");
      places.push([translation.x, translation.y, 2 * Math.atan2(rotation.z, rotation.w)]);
    }
    run.states.forEach(([x, y, yaw], i) => {
      expect(places[i][0]).toBe(x);
      expect(places[i][1]).toBe(y);
      expect(Math.sin(places[i][2] - yaw)).toBeCloseTo(0, 12);
    });
    for await (const message of reader.readMessages({ topics: ["/scene"] })) {
      const update = JSON.parse(text.decode(message.data));
      const robot = update.entities.find((e: { id: string }) => e.id === "robot");
      expect(robot.frame_id).toBe("base_link");
      expect(robot.lines[0].points.map((p: { x: number; y: number }) => [p.x, p.y])).toEqual(footprint);
      const { points, indices } = robot.triangles[0];
      let area = 0;
      for (let t = 0; t < indices.length; t += 3) {
        const [a, b, c] = [0, 1, 2].map((k) => points[indices[t + k]]);
        area += ((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)) / 2;
      }
      expect(area).toBeCloseTo(0.508 * 0.432, 3);
    }
  });

  it("is read to its end by a plain stream reader, whatever the pieces it comes in", () => {
    for (const piece of [1000, 65_536, run.bytes.length]) {
      const stream = new McapStreamReader({ validateCrcs: true });
      const count: Partial<Record<TypedMcapRecord["type"], number>> = {};
      for (let at = 0; at < run.bytes.length; at += piece) {
        stream.append(run.bytes.subarray(at, at + piece));
        for (let record = stream.nextRecord(); record; record = stream.nextRecord())
          count[record.type] = (count[record.type] ?? 0) + 1;
      }
      expect(stream.done()).toBe(true);
      expect(count.Message).toBe(run.outcome.messages);
      expect(count.Metadata).toBe(2);
      expect(count.ChunkIndex).toBeGreaterThan(1);
    }
  });

  it("has the same bytes when the same run is driven again", async () => {
    const [a, b] = [await shortRun({ timeout_s: 1, seed: 3 }), await shortRun({ timeout_s: 1, seed: 3 })];
    expect(Buffer.compare(a.bytes, b.bytes)).toBe(0);
  });
});
