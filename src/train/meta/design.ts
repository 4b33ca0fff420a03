import { ConfigError, FormatError, isJsonObject, parseJson } from "../../base/index.ts";
import { complainAbout, readText } from "../../node/index.ts";
import {
  type CellMemorySpec,
  createLearnedModel,
  LEARNED_SPECS,
  type LearnedSpec,
  LSTM_SPEC,
  type LstmSpec,
  MNEMOSYNE_SPEC,
  type MnemosyneSpec,
} from "../../optim/index.ts";

/** What flags say about a design; what they do not say stays as it is. */
export type DesignChanges = {
  readonly common: Partial<Pick<MnemosyneSpec, "inputs" | "width" | "outputScale">>;
  readonly mnemosyne: Partial<Pick<MnemosyneSpec, "taus" | "feedForward">>;
  readonly memory: Partial<CellMemorySpec>;
  readonly lstm: Partial<Pick<LstmSpec, "cells">>;
};

/** Names of the designs that come with the package. */
export const DESIGN_NAMES = Object.keys(LEARNED_SPECS);

/** @throws UsageError, FormatError for a file that is no design, or the file system's error */
export async function openDesign(nameOrFile: string): Promise<LearnedSpec> {
  if (Object.hasOwn(LEARNED_SPECS, nameOrFile))
    return LEARNED_SPECS[nameOrFile as keyof typeof LEARNED_SPECS];
  return complainAbout(nameOrFile, async () => readDesign(await readText(nameOrFile)));
}

/** A design out of JSON; fields that are missing are those of `mnemosyne` or `lstm`, as `kind` says. */
function readDesign(text: string): LearnedSpec {
  const given = parseJson(text, "is ");
  if (!isJsonObject(given)) throw new FormatError("holds no JSON object, expected a design");
  if ("kind" in given && given.kind === "lstm")
    return checked({ ...LSTM_SPEC, ...(given as Partial<LstmSpec>) });
  const design = given as Partial<MnemosyneSpec>;
  const { memory } = design;
  const isObject = typeof memory === "object" && memory !== null;
  return checked({
    ...MNEMOSYNE_SPEC,
    ...design,
    memory: isObject || memory === undefined ? { ...MNEMOSYNE_SPEC.memory, ...memory } : memory,
  } as LearnedSpec);
}

/** @throws ConfigError for a change that this kind of design does not know, or to what is not legal */
export function changeDesign(spec: LearnedSpec, changes: DesignChanges): LearnedSpec {
  const { common, mnemosyne, memory, lstm } = changes;
  if (spec.kind === "lstm") {
    refuse({ ...mnemosyne, ...memory }, "lstm");
    return checked({ ...spec, ...common, ...lstm });
  }
  refuse(lstm, "mnemosyne");
  return checked({ ...spec, ...common, ...mnemosyne, memory: { ...spec.memory, ...memory } });
}

function refuse(changes: object, kind: LearnedSpec["kind"]): void {
  const [name] = Object.keys(changes);
  if (name !== undefined) throw new ConfigError(`a design of kind ${kind} has no ${name}`);
}

function checked(spec: LearnedSpec): LearnedSpec {
  createLearnedModel(spec);
  return spec;
}

/** A design in words. */
export function describeDesign(spec: LearnedSpec): string {
  const common = `width ${spec.width}, inputs ${spec.inputs}, output scale ${spec.outputScale}`;
  if (spec.kind === "lstm") return `LSTM, ${spec.cells} cells, ${common}`;
  const { memory, taus, feedForward } = spec;
  const kept =
    memory.kind === "cache"
      ? `regular attention over the last ${memory.features} gradients`
      : `compact associative memory, ${memory.kind} with ${memory.features} features${
          memory.kind.endsWith("++")
            ? `, rho ${memory.rho}${memory.rho === "data" ? ` (${memory.slices} slices)` : ""}`
            : ""
        }, projections from seed ${memory.seed}`;
  const cells = `${taus.length} ${taus.length === 1 ? "cell" : "cells"}, tau ${taus.join(", ")}`;
  return `Mnemosyne, ${cells}, ${common}; ${kept}${feedForward === 0 ? "" : `; dense layers of ${feedForward}`}`;
}
