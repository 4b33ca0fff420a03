import type { Store } from "../contracts.ts";
import type { LayerId, LayerStatus } from "./layer.ts";
import type { SceneSettings } from "./scene-settings.ts";
import type { ClickedThing } from "./things.ts";

/** What a click on the ground does. */
export const TOOLS = ["inspect", "measure", "goal", "obstacle"] as const;
/** One of the {@link TOOLS}. */
export type Tool = (typeof TOOLS)[number];

/** Two places, the second one while it is chosen, and after. [m] */
export type Measurement = {
  readonly a: readonly [number, number];
  readonly b?: readonly [number, number];
  /** Whether both are chosen. */ readonly done?: boolean;
};

/** What the scene shares with its panels, beyond the state of the application. */
export type SceneState = {
  settings: SceneSettings;
  tool: Tool;
  /** The thing last clicked. */ picked?: ClickedThing;
  measurement?: Measurement;
  /** By layer, then by run. */ readonly statuses: Map<LayerId, (LayerStatus | undefined)[]>;
  /** Chosen on the ground of a live run; connected by whoever drives it. [m] */
  onSetGoal?: (x: number, y: number, yaw?: number) => void;
  onDropObstacle?: (x: number, y: number) => void;
  /** The scene as a picture; none before it is there. */ png?: () => Promise<Blob>;
  /** Moves the camera so that everything is seen. */ fit?: () => void;
  /** Where a place of the map frame is on the scene. [m] to [CSS px] */
  screenOf?: (x: number, y: number) => readonly [number, number];
  /** Where the camera is, for a URL; and back. */ cameraPose?: () => string;
  setCameraPose?: (pose: string) => void;
  /** What the last change cost: bringing layers up to date, handing them to the GPU. [ms] */
  cost?: { readonly refreshMs: number; readonly drawMs: number };
  /** Calls the listeners; to be called after any change. */ changed(): void;
  subscribe(listener: () => void): () => void;
};

const states = new WeakMap<Store, SceneState>();

/** The scene's state of an application; made when first asked for. */
export function sceneOf(store: Store): SceneState {
  let state = states.get(store);
  if (state === undefined) {
    const listeners = new Set<() => void>();
    state = {
      settings: { palette: "auto", distanceOf: "map" },
      tool: "inspect",
      statuses: new Map(),
      changed() {
        for (const listener of listeners) listener();
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    states.set(store, state);
  }
  return state;
}
