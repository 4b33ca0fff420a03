/** Memory that the program and its workers share: whether to stop, and steps done by all. */
export type SharedCounter = SharedArrayBuffer;

const STOP = 0;
const STEPS = 1;

/** Nothing done yet, not to stop. */
export function createSharedCounter(): SharedCounter {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

/** Tells all workers to stop after the step they are at. */
export function tellToStop(counter: SharedCounter): void {
  Atomics.store(new Int32Array(counter), STOP, 1);
}

/** Steps done since the last call. */
export function takeSteps(counter: SharedCounter): number {
  return Atomics.exchange(new Int32Array(counter), STEPS, 0);
}

/** A worker's view: `step` counts one; `signal` is aborted by the first `step` or `look` after the word to stop. */
export function watchCounter(counter: SharedCounter): {
  readonly signal: AbortSignal;
  look(): void;
  step(): void;
} {
  const shared = new Int32Array(counter);
  const controller = new AbortController();
  const look = (): void => {
    if (Atomics.load(shared, STOP) === 1) controller.abort(new Error("stopped"));
  };
  return {
    signal: controller.signal,
    look,
    step() {
      Atomics.add(shared, STEPS, 1);
      look();
    },
  };
}
