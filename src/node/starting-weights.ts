import { FormatError } from "../base/index.ts";
import type { Optimizee } from "../optim/index.ts";
import { describeError, nameFile, UnavailableError } from "./errors.ts";
import { readForeign } from "./foreign-file.ts";

/** Tensors that begin anew whatever a file has: the classes of another task are others. */
const READS_CLASSES = /^head\./;

/**
 * What a safetensors file has of the tensors of an optimizee, and what tells files apart; nothing without a file.
 *
 * @throws UnavailableError where the file cannot be read; FormatError where it is damaged or has nothing of the optimizee
 */
export async function startingWeights(
  file: string | undefined,
  optimizee: Optimizee,
): Promise<{ weights: Record<string, Float32Array>; own: string }> {
  if (file === undefined) return { weights: {}, own: "fresh" };
  const { tensors: all, id } = await readForeign("weights", file).catch((cause) => {
    if (cause instanceof FormatError) throw cause;
    const why = describeError(nameFile(cause, file)).message;
    throw new UnavailableError(
      `cannot read weights ${why}; they are made by \`npx mnemosyne-mpc optimize --optimizee ${optimizee.name} --data mnist --save ${file}\``,
      { cause },
    );
  });
  const entries = optimizee.layout.entries.filter(
    ({ name, size }) => !READS_CLASSES.test(name) && all[name]?.length === size,
  );
  if (entries.length === 0) {
    const some = (names: readonly string[]): string => names.slice(0, 8).join(", ");
    const wanted = some(optimizee.layout.entries.map(({ name }) => name));
    throw new FormatError(
      `${file} has no tensor of ${optimizee.name}: it has ${some(Object.keys(all))}, expected ${wanted}, ...`,
    );
  }
  return {
    weights: Object.fromEntries(entries.map(({ name }) => [name, all[name]])),
    own: id,
  };
}
