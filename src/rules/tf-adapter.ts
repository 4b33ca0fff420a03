import { ConfigError, FormatError, ShapeError } from "../base/index.ts";
import type { TensorPlaces } from "./flat-ranges.ts";
import { applyUpdates, type Optimizer, type OptimizerState } from "./optimizer.ts";
import { packState, unpackState } from "./pack-state.ts";

type TfTensor = { readonly shape: number[]; dataSync(): ArrayLike<number>; dispose(): void };
// Methods, not function properties: tfjs's own narrower signatures are then assignable.
type TfVariable = TfTensor & { assign(value: unknown): void };

/**
 * The part of TensorFlow.js that {@link createTfOptimizer} calls; any of its packages fits.
 * `Base` is that package's `Optimizer`.
 */
export type TfjsTraining<Base extends object = object> = {
  readonly Optimizer: abstract new () => Base;
  engine(): { readonly registeredVariables: Record<string, unknown> };
  tensor(values: Float32Array, shape: number[], dtype: "float32"): unknown;
};

/** What the adapter adds to a `tf.Optimizer`. */
export type StatefulTfOptimizer = {
  /** Steps done and skipped, moments; undefined before the first step. */
  readonly state: OptimizerState | undefined;
  /** The state as bytes, to be kept beside the model's weights. */
  saveState(): Uint8Array;
  /**
   * Goes on from saved bytes, bit for bit. Variables are told by order and shape, since tfjs renames them.
   *
   * @throws FormatError for damaged bytes or those of another optimizer
   */
  loadState(bytes: Uint8Array): void;
};

/** Where each variable lies in the flat vector, in the order in which they were seen first. */
type VariableEntry = {
  name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
};

type Saved = {
  /** null where it was not known yet. */
  readonly optimizer: string | null;
  readonly shapes: readonly (readonly number[])[];
  readonly state: OptimizerState | null;
};

type NamedGradients =
  | Readonly<Record<string, TfTensor | null>>
  | readonly { readonly name: string; readonly tensor: TfTensor | null }[];

/**
 * Any {@link Optimizer} as a `tf.Optimizer`, for `model.compile` and `minimize`:
 *
 *     model.compile({ optimizer: createTfOptimizer(tf, getOptimizer("adamw")), loss: "meanSquaredError" });
 *
 * The variables are gathered into one flat vector, so that clipping by global norm means all of them. The
 * first step decides which variables there are. Gradients are read back at each step (`dataSync`), which
 * the backends cpu, wasm, webgl and tensorflow can do, and webgpu cannot.
 *
 * @param tf the tfjs module
 * @param optimizer its updates run on typed arrays; or a function that makes it once the variables are known, so
 *   that it can tell them apart: `(layout) => createHybrid({ layout, matrices, rest })`
 */
export function createTfOptimizer<Base extends object, S extends OptimizerState = OptimizerState>(
  tf: TfjsTraining<Base>,
  optimizer: Optimizer<S> | ((layout: TensorPlaces) => Optimizer<S>),
): Base & StatefulTfOptimizer {
  const known = typeof optimizer === "function" ? undefined : optimizer;
  const Parent = tf.Optimizer as unknown as new () => {
    incrementIterations(): void;
    computeGradients(loss: () => TfTensor, variables?: unknown): { value: TfTensor; grads: NamedGradients };
  };

  // tfjs wants a subclass; it owns the state.
  class FlatOptimizer extends Parent implements StatefulTfOptimizer {
    static readonly className = `Mnemosyne_${known?.name ?? "optimizer"}`;
    state: S | undefined;
    #optimizer = known;
    #entries: VariableEntry[] = [];
    /** Of the gradients that were computed last; undefined where they came from elsewhere. */
    #loss: number | undefined;
    /** What was loaded before the variables were known. */
    #expected: Saved | undefined;

    override computeGradients(loss: () => TfTensor, variables?: unknown) {
      const computed = super.computeGradients(loss, variables);
      this.#loss = computed.value.dataSync()[0];
      return computed;
    }

    applyGradients(gradients: NamedGradients): void {
      const named = byName(gradients);
      const variables = tf.engine().registeredVariables as Record<string, TfVariable>;
      const own = this.#layout([...named.keys()], variables);
      const unknown = [...named.keys()].find((name) => !this.#entries.some((entry) => entry.name === name));
      if (unknown !== undefined)
        throw new ConfigError(
          `variable "${unknown}" was not there at the first step, expected ${this.#entries.map((e) => e.name).join(", ")}`,
        );

      const params = this.#gather((name) => variables[name]);
      const flat = this.#gather((name) => named.get(name) ?? undefined);

      const step = own.update(flat, this.state ?? own.init(params), params, undefined, this.#loss);
      this.#loss = undefined;
      applyUpdates(params, step.updates);
      this.state = step.state;
      for (const { name, shape, offset, size } of this.#entries) {
        // Without a gradient in this step: its moments saw a zero, the variable itself stays.
        if (!named.get(name)) continue;
        const value = tf.tensor(params.slice(offset, offset + size), [...shape], "float32") as TfTensor;
        variables[name].assign(value);
        value.dispose();
      }
      this.incrementIterations();
    }

    saveState(): Uint8Array {
      const shapes = this.#expected?.shapes ?? this.#entries.map(({ shape }) => shape);
      const name = this.#optimizer?.name ?? this.#expected?.optimizer ?? null;
      return packState({ optimizer: name, shapes, state: this.state ?? null });
    }

    loadState(bytes: Uint8Array): void {
      const saved = readSaved(bytes);
      if (this.#optimizer !== undefined) checkName(saved, this.#optimizer.name);
      if (this.#entries.length > 0) checkShapes(saved.shapes, this.#entries);
      else if (saved.state !== null) this.#expected = saved;
      this.state = (saved.state as S | null) ?? undefined;
    }

    getConfig(): Record<string, unknown> {
      return { optimizer: this.#optimizer?.name ?? "optimizer" };
    }

    /** The first step decides where the variables lie, and makes the optimizer where it needs to know. */
    #layout(names: readonly string[], variables: Record<string, TfVariable>): Optimizer<S> {
      if (this.#optimizer !== undefined && this.#entries.length > 0) return this.#optimizer;
      let total = 0;
      const entries = names.map((name) => {
        const shape = variables[name].shape;
        const size = shape.reduce((product, d) => product * d, 1);
        total += size;
        return { name, shape, offset: total - size, size };
      });
      const own = typeof optimizer === "function" ? optimizer({ total, entries }) : optimizer;
      if (this.#expected !== undefined) {
        checkName(this.#expected, own.name);
        checkShapes(this.#expected.shapes, entries);
      }
      this.#expected = undefined;
      this.#entries = entries;
      this.#optimizer = own;
      return own;
    }

    #gather(tensorOf: (name: string) => TfTensor | undefined): Float32Array {
      const { offset, size } = this.#entries.at(-1) ?? { offset: 0, size: 0 };
      const flat = new Float32Array(offset + size);
      for (const entry of this.#entries) {
        const tensor = tensorOf(entry.name);
        if (tensor !== undefined) flat.set(tensor.dataSync(), entry.offset);
      }
      return flat;
    }
  }

  return new FlatOptimizer() as unknown as Base & StatefulTfOptimizer;
}

function byName(gradients: NamedGradients): Map<string, TfTensor | null> {
  return Array.isArray(gradients)
    ? new Map(gradients.map(({ name, tensor }) => [name, tensor]))
    : new Map(Object.entries(gradients));
}

function readSaved(bytes: Uint8Array): Saved {
  const saved = unpackState<Saved | null>(bytes);
  if (typeof saved !== "object" || saved === null || !Array.isArray(saved.shapes))
    throw new FormatError("packed data has no shapes of variables, expected the state of a tf optimizer");
  return saved;
}

function checkName({ optimizer }: Saved, name: string): void {
  if (optimizer !== name && optimizer !== null)
    throw new FormatError(`saved state is of optimizer "${optimizer}", expected "${name}"`);
}

function checkShapes(saved: readonly (readonly number[])[], entries: readonly VariableEntry[]): void {
  const text = (shapes: readonly (readonly number[])[]): string => shapes.map((s) => `(${s})`).join(" ");
  const got = text(entries.map(({ shape }) => shape));
  if (got !== text(saved))
    throw new ShapeError(
      `the model's variables have shapes ${got}, expected ${text(saved)}, the saved state's`,
    );
}
