import CameraControls from "camera-controls";
import {
  Box3,
  type Camera,
  Matrix4,
  OrthographicCamera,
  PerspectiveCamera,
  Quaternion,
  type Ray,
  Raycaster,
  Sphere,
  Spherical,
  Vector2,
  Vector3,
  Vector4,
} from "three";
import type { AppState } from "../contracts.ts";

CameraControls.install({
  THREE: { Vector2, Vector3, Vector4, Quaternion, Matrix4, Spherical, Box3, Sphere, Raycaster },
});

type CameraMode = AppState["camera"];
/** A box around what there is to see, less the origin. [m] */
export type SceneBounds = {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
};

/** The cameras of the scene: orbit, straight down, along with the robot, along and turning with it. */
export type Cameras = {
  readonly camera: Camera;
  /** Whether the user ever moved one. */ readonly touched: boolean;
  setMode(mode: CameraMode): void;
  /** Where the robot is, for the modes that follow it. */ follow(x: number, y: number, yaw: number): void;
  /** Moves on by some seconds; whether anything moved. */ update(seconds: number): boolean;
  resize(width: number, height: number): void;
  /** Moves the view by shares of its height, turns it by an angle, zooms by a factor: for keys. [-, rad] */
  nudge(step: {
    readonly x?: number;
    readonly y?: number;
    readonly turn?: number;
    readonly zoom?: number;
  }): void;
  /** Whether dragging moves the camera. */ enable(on: boolean): void;
  /** Shows all of an area. */ fit(bounds: SceneBounds, animate: boolean): void;
  /** The place on the ground under a point of the element; undefined above the horizon. [CSS px] */
  groundAt(px: number, py: number): readonly [number, number] | undefined;
  /** Where a place of the ground is on the element. [CSS px] */
  screenOf(x: number, y: number): readonly [number, number];
  /** Length of a CSS pixel on the ground near a point of the element. [m] */
  metresPerPixel(px: number, py: number): number;
  /** The camera's place in few letters, and back. */
  pose(): string;
  setPose(pose: string): void;
  dispose(): void;
};

const FOV = 45;
/** Half of what is seen at a distance of 1. */
const HALF_FOV = Math.tan((FOV / 360) * Math.PI);
/** Half of what the view from above shows at zoom 1. [m] */
const HALF = 10;
/** A robot that is followed is seen from at most this far at first. [m] */
const NEAR = 8;
/** What lies over the scene. [CSS px] */
const TOP_BAR = 46;
const FOOT = 38;

/** Creates the cameras of the scene. @param element takes the mouse, touch and wheel */
export function createCameras(element: HTMLElement): Cameras {
  const tilted = new PerspectiveCamera(FOV, 1, 0.05, 4000);
  const above = new OrthographicCamera(-HALF, HALF, HALF, -HALF, -1000, 1000);
  let touched = false;
  for (const camera of [tilted, above]) camera.up.set(0, 0, 1);
  const both = createControls(tilted, above, element);
  const { orbit, plan } = both;
  for (const controls of [orbit, plan])
    controls.addEventListener("control", () => {
      touched = true;
    });
  const { ACTION } = CameraControls;
  let mode: CameraMode = "orbit";
  let active = orbit;
  plan.enabled = false;
  let width = 1;
  let height = 1;
  let last: readonly [number, number, number] | undefined;
  const ray = new Raycaster();
  const pointer = new Vector2();
  const target = new Vector3();
  const position = new Vector3();
  void orbit.setLookAt(0, -12, 12, 0, 0, 0, false);
  void plan.setLookAt(0, 0, 10, 0, 0, 0, false);

  const groundAt: Cameras["groundAt"] = (px, py) => {
    pointer.set((2 * px) / width - 1, 1 - (2 * py) / height);
    ray.setFromCamera(pointer, active === orbit ? tilted : above);
    return groundOf(ray.ray);
  };

  const aim = (x: number, y: number, yaw: number): void => {
    if (mode !== "followPosition" && mode !== "followPose") return;
    if (last === undefined) {
      void orbit.moveTo(x, y, 0, false);
      if (mode === "followPose") void orbit.rotateTo(yaw - Math.PI / 2, 1.05, false);
      if (orbit.distance > NEAR) void orbit.dollyTo(NEAR, false);
    } else {
      void orbit.moveTo(x, y, 0, false);
      const turn = yaw - last[2];
      if (mode === "followPose") void orbit.rotate(Math.atan2(Math.sin(turn), Math.cos(turn)), 0, false);
    }
    last = [x, y, yaw];
  };

  return {
    get camera() {
      return active === orbit ? tilted : above;
    },
    get touched() {
      return touched;
    },
    setMode(next) {
      if (next === mode) return;
      const toTop = next === "top";
      if (toTop !== (active === plan)) {
        active.getTarget(target);
        if (toTop) lookFromAbove(both, target);
        else lookFromAside(both, target);
        active = toTop ? plan : orbit;
        orbit.enabled = !toTop;
        plan.enabled = toTop;
      }
      mode = next;
      last = undefined;
      // Along with the robot the view can be shifted, but the robot stays its centre.
      const follows = next === "followPosition" || next === "followPose";
      orbit.mouseButtons.right = follows ? ACTION.OFFSET : ACTION.SCREEN_PAN;
      orbit.dollyToCursor = !follows;
      if (!follows) void orbit.setFocalOffset(0, 0, 0, false);
    },
    follow: aim,
    update: (seconds) => active.update(seconds),
    enable: (on) => Object.assign(active, { enabled: on }),
    resize(w, h) {
      width = w;
      height = h;
      tilted.aspect = w / h;
      tilted.updateProjectionMatrix();
      above.left = (-HALF * w) / h;
      above.right = (HALF * w) / h;
      above.updateProjectionMatrix();
    },
    nudge: (step) => (active === plan ? nudgePlan(both, step) : nudgeOrbit(both, step)),
    fit(bounds, animate) {
      last = undefined;
      if (mode === "followPosition" || mode === "followPose") return;
      lookAtAll(both, bounds, width, height, animate);
    },
    groundAt,
    screenOf(x, y) {
      const camera = active === orbit ? tilted : above;
      camera.updateMatrixWorld();
      position.set(x, y, 0).project(camera);
      return [((position.x + 1) / 2) * width, ((1 - position.y) / 2) * height];
    },
    metresPerPixel(px, py) {
      const a = groundAt(px, py);
      const b = groundAt(px + 1, py);
      return a === undefined || b === undefined ? 0.01 : Math.hypot(a[0] - b[0], a[1] - b[1]);
    },
    pose() {
      active.getTarget(target);
      active.getPosition(position);
      const numbers = [...position, ...target, above.zoom, plan.azimuthAngle];
      return numbers.map((v) => v.toFixed(2)).join(",");
    },
    setPose(text) {
      const [px, py, pz, tx, ty, tz, zoom, turn = 0] = text.split(",").map(Number);
      if (![px, py, pz, tx, ty, tz, zoom, turn].every(Number.isFinite)) return;
      void active.setLookAt(px, py, pz, tx, ty, tz, false);
      if (active === plan) void plan.rotateTo(turn, 0, false);
      void plan.zoomTo(zoom, false);
    },
    dispose() {
      orbit.dispose();
      plan.dispose();
    },
  };
}

/** Where a ray meets the ground; undefined above the horizon. */
function groundOf({ origin, direction }: Ray): readonly [number, number] | undefined {
  if (!(direction.z < -1e-4)) return undefined;
  const t = -origin.z / direction.z;
  return [origin.x + t * direction.x, origin.y + t * direction.y];
}

/** What moves the tilted camera, and the one above, as usual in such scenes. */
function createControls(tilted: PerspectiveCamera, above: OrthographicCamera, element: HTMLElement) {
  const orbit = new CameraControls(tilted, element);
  const plan = new CameraControls(above, element);
  const { ACTION } = CameraControls;
  for (const controls of [orbit, plan]) {
    controls.updateCameraUp();
    controls.dollyToCursor = true;
    controls.smoothTime = 0.12;
    controls.draggingSmoothTime = 0.05;
  }
  orbit.maxPolarAngle = (85 / 180) * Math.PI;
  orbit.minDistance = 0.5;
  orbit.maxDistance = 2000;
  orbit.mouseButtons.right = ACTION.SCREEN_PAN;
  // The library takes it; its types leave it out.
  orbit.touches.two = ACTION.TOUCH_DOLLY_SCREEN_PAN as typeof orbit.touches.two;
  plan.minPolarAngle = 0;
  plan.maxPolarAngle = 0;
  plan.minZoom = 0.002;
  plan.maxZoom = 400;
  plan.mouseButtons.left = ACTION.TRUCK;
  plan.mouseButtons.right = ACTION.ROTATE;
  plan.touches.one = ACTION.TOUCH_TRUCK;
  return { orbit, plan, above };
}

type BothControls = ReturnType<typeof createControls>;

function lookFromAbove({ orbit, plan }: BothControls, { x, y }: Vector3): void {
  const quarters = Math.round(orbit.azimuthAngle / (Math.PI / 2));
  void plan.setLookAt(x, y, 10, x, y, 0, false);
  void plan.rotateTo((quarters * Math.PI) / 2, 0, false);
  void plan.zoomTo(HALF / (orbit.distance * HALF_FOV), false);
}

function lookFromAside({ orbit, plan, above }: BothControls, { x, y }: Vector3): void {
  const back = (0.7 * HALF) / above.zoom / HALF_FOV;
  const angle = plan.azimuthAngle;
  void orbit.setLookAt(x + back * Math.sin(angle), y - back * Math.cos(angle), back, x, y, 0, false);
}

type Nudge = Parameters<Cameras["nudge"]>[0];

function nudgePlan({ plan, above }: BothControls, { x = 0, y = 0, turn = 0, zoom = 1 }: Nudge): void {
  const seen = (2 * HALF) / above.zoom;
  if (x !== 0) void plan.truck(x * seen, 0, true);
  if (y !== 0) void plan.truck(0, -y * seen, true);
  if (turn !== 0) void plan.rotate(turn, 0, true);
  if (zoom !== 1) void plan.zoomTo(above.zoom * zoom, true);
}

function nudgeOrbit({ orbit }: BothControls, { x = 0, y = 0, turn = 0, zoom = 1 }: Nudge): void {
  const seen = 2 * orbit.distance * HALF_FOV;
  if (x !== 0) void orbit.truck(x * seen, 0, true);
  if (y !== 0) void orbit.forward(y * seen, true);
  if (turn !== 0) void orbit.rotate(turn, 0, true);
  if (zoom !== 1) void orbit.dollyTo(orbit.distance / zoom, true);
}

/** Looks at an area so that all of it is seen, from above and tilted. */
function lookAtAll(
  { orbit, plan }: BothControls,
  { x0, y0, x1, y1 }: SceneBounds,
  width: number,
  height: number,
  animate: boolean,
): void {
  // What is long lies along the screen's longer side, x up and y left.
  const turned = y1 - y0 > 1.2 * (x1 - x0) && width > 1.2 * height;
  const [across, up] = turned ? [y1 - y0, x1 - x0] : [x1 - x0, y1 - y0];
  // Between the buttons above and the scale below.
  const free = Math.max(height - TOP_BAR - FOOT, 0.5 * height);
  const half = Math.max((up / 2) * (height / free), ((across / 2) * height) / width, 0.5) * 1.04;
  const lift = ((TOP_BAR - FOOT) / height) * half;
  const x = (x0 + x1) / 2 + (turned ? lift : 0);
  const y = (y0 + y1) / 2 + (turned ? 0 : lift);
  // Tilted, the near edge is nearer than the middle and has to fit, too.
  const d = Math.max(half / HALF_FOV, (0.52 * across * height) / (width * HALF_FOV) + up / 4);
  void plan.setLookAt(x, y, 10, x, y, 0, animate);
  void plan.rotateTo(turned ? -Math.PI / 2 : 0, 0, animate);
  void plan.zoomTo(HALF / half, animate);
  const [back, high] = [0.5 * d, 0.87 * d];
  void orbit.setLookAt(turned ? x - back : x, turned ? y : y - back, high, x, y, 0, animate);
}
