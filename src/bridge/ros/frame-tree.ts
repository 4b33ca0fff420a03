import type { Pose } from "../../sim/index.ts";
import type { RosTransform } from "./decode-messages.ts";
import { composePoses, invertPose } from "./ros-values.ts";

/** The newest pose of every frame in its parent, by the frame's name. */
export type FrameTree = ReadonlyMap<string, { readonly parent: string; readonly pose: Pose }>;

/** A chain of frames is never longer; a longer one is a circle. */
const LONGEST_CHAIN = 64;

/** The tree with newer transforms. */
export function withTransforms(tree: FrameTree, transforms: readonly RosTransform[]): FrameTree {
  const next = new Map(tree);
  for (const { parent, child, pose } of transforms) next.set(child, { parent, pose });
  return next;
}

/** Pose of `frame` in `target`; undefined where no chain joins them. */
export function lookUp(tree: FrameTree, target: string, frame: string): Pose | undefined {
  const up = chainOf(tree, frame);
  const down = chainOf(tree, target);
  for (const [name, pose] of up) {
    const other = down.get(name);
    if (other !== undefined) return composePoses(invertPose(other), pose);
  }
  return undefined;
}

/** Every frame above one, itself first, with the pose of the one in it. */
function chainOf(tree: FrameTree, frame: string): Map<string, Pose> {
  const chain = new Map<string, Pose>();
  let pose: Pose = { x: 0, y: 0, yaw: 0 };
  let name = frame;
  for (let i = 0; i < LONGEST_CHAIN && !chain.has(name); i++) {
    chain.set(name, pose);
    const above = tree.get(name);
    if (above === undefined) break;
    pose = composePoses(above.pose, pose);
    name = above.parent;
  }
  return chain;
}
