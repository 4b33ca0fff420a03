export { wrapAngle } from "./angle.ts";
export { ConfigError, checkLength, FormatError, MpcError, SceneError, ShapeError } from "./errors.ts";
export { createRng, hashSeed, type Rng } from "./random.ts";
