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

/** The base of errors that all have one code. */
export function errorOf(code: string): new (message: string, options?: { cause?: unknown }) => MpcError {
  return class extends MpcError {
    constructor(message: string, options?: { cause?: unknown }) {
      super(code, message, options);
    }
  };
}

/** An array has the wrong length; the message says name, got and expected. */
export class ShapeError extends errorOf("shape") {}

/** An option or a parameter has an illegal value; the message lists the legal ones. */
export class ConfigError extends errorOf("config") {}

/** A file does not have the format it claims; the message says where and what was expected. */
export class FormatError extends errorOf("format") {}

/** A scene cannot be driven at all: the start collides, the goal is outside the map or unreachable. */
export class SceneError extends errorOf("scene") {}

/** Throws a {@link ShapeError} unless `actual === expected`. */
export function checkLength(name: string, actual: number, expected: number, formula: string): void {
  if (actual !== expected)
    throw new ShapeError(`${name} has length ${actual}, expected ${formula} = ${expected}`);
}
