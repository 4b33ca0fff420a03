export * from "./body-gap.ts";
export * from "./mark-still.ts";
export * from "./mover-ahead.ts";
export * from "./mover-tracker.ts";
export * from "./on-map.ts";
export { type Cluster, type Sighting, scanClusters, seesThrough, sightingOf } from "./scan-clusters.ts";
