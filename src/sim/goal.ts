/** A pose to reach; without a yaw any heading will do. Map frame. [m, m, rad] */
export type Goal = { readonly x: number; readonly y: number; readonly yaw?: number };
