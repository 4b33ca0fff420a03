/**
 * A mistake of the caller: thrown, never returned. A numerical outcome (not converged, infeasible)
 * is a status in a result instead.
 */
export class MpcError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An array has the wrong length; the message says name, got and expected. */
export class ShapeError extends MpcError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("shape", message, options);
  }
}

/** An option or a parameter has an illegal value; the message lists the legal ones. */
export class ConfigError extends MpcError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("config", message, options);
  }
}

/** A file does not have the format it claims; the message says where and what was expected. */
export class FormatError extends MpcError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("format", message, options);
  }
}

/** A scene cannot be driven at all: the start collides, the goal is outside the map or unreachable. */
export class SceneError extends MpcError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("scene", message, options);
  }
}

/** Throws a {@link ShapeError} unless `actual === expected`. */
export function checkLength(name: string, actual: number, expected: number, formula: string): void {
  if (actual !== expected)
    throw new ShapeError(`${name} has length ${actual}, expected ${formula} = ${expected}`);
}
