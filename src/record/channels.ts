import {
  FrameTransform,
  Grid,
  Log,
  PoseInFrame,
  PosesInFrame,
  SceneUpdate,
} from "@foxglove/schemas/jsonschema.js";
import { COMMAND_SCHEMA, TICK_SCHEMA } from "./tick-schema.ts";
import { TOPICS, type Topic } from "./topics.ts";

/** The topics of a log and the schema of each, in the order of their channel numbers. */
export const CHANNELS = {
  "/map": Grid,
  "/local_grid": Grid,
  "/tf": FrameTransform,
  "/path": PosesInFrame,
  "/warm_start": PosesInFrame,
  "/plan": PosesInFrame,
  "/trail": PosesInFrame,
  "/goal": PoseInFrame,
  "/local_goal": PoseInFrame,
  "/scene": SceneUpdate,
  "/command": COMMAND_SCHEMA,
  "/diagnostics": TICK_SCHEMA,
  "/log": Log,
  "/keepout": Grid,
  "/speed_zones": Grid,
} as const satisfies Readonly<Record<Topic, object>>;

/** A topic as a server announces it: its schema's name, and the schema as JSON Schema text. */
export type LogChannel = { readonly topic: Topic; readonly schemaName: string; readonly schema: string };

/** Every topic of a log with its schema, for those who send messages elsewhere than to a file. */
export function logChannels(): readonly LogChannel[] {
  return TOPICS.map((topic) => {
    const schema = CHANNELS[topic];
    return { topic, schemaName: schema.title!, schema: JSON.stringify(schema) };
  });
}
