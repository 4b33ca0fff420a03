// What the scene shows beyond its ground: loaded when it is first shown, so that the page is there before it.
export { robotBody } from "./bodies.ts";
export { createDistanceLayer } from "./distances.ts";
export { createHorizon } from "./horizon.ts";
export { createMovers } from "./movers.ts";
export { createWalls } from "./walls.ts";
export { createZones } from "./zones.ts";
