import { messageOf } from "../../../src/base/index.ts";
import { driveNavigation } from "../../../src/drive/index.ts";
import {
  type AttentionReader,
  createAttentionReader,
  formatNetMetadata,
  type NetSpec,
  netMisfits,
  parseNetMetadata,
  specFor,
  writeAttentionModel,
} from "../../../src/init-net/index.ts";
import type { RunMeta } from "../../../src/record/index.ts";
import { fetchModel } from "./fetch-model.ts";

/** Looks with the network of a run, or says why nobody can; for people. */
type OpenedReader =
  | { readonly reader: AttentionReader; readonly file: string; readonly note?: undefined }
  | { readonly reader?: undefined; readonly note: string };

const opened = new Map<string, Promise<OpenedReader>>();

/** The network that a run was driven with, or else its robot's, as far as it came with the page; opened once. */
export function openAttention(meta: RunMeta): Promise<OpenedReader> {
  const { model, netSpec } = meta.config ?? {};
  const file =
    typeof model === "string" ? model.split(/[/\\]/).at(-1)! : `warm-start-${meta.robot.name}.onnx`;
  const key = JSON.stringify([file, meta.robot.name, rateOf(meta), netSpec]);
  let reader = opened.get(key);
  if (reader === undefined) {
    reader = open(file, meta, netSpec).catch((error: unknown) => {
      opened.delete(key);
      return { note: `Attention: ${messageOf(error)}.` };
    });
    opened.set(key, reader);
  }
  return reader;
}

async function open(file: string, meta: RunMeta, logged: unknown): Promise<OpenedReader> {
  // Before anything is fetched, so that a page without the runtime says so.
  const { openOrtSession } = await import("./ort-session.ts");
  const network = await fetchModel(file);
  if (network === undefined)
    return { note: `Attention cannot be shown: the network ${file} does not come with this page.` };
  const { bytes, spec: made } = writeAttentionModel(network);
  const navigation = driveNavigation(meta.robot, rateOf(meta));
  const misfits = netMisfits(made, meta.robot, navigation);
  if (misfits.length > 0)
    return { note: `Attention cannot be shown: the network is not for this run: ${misfits.join("; ")}.` };
  const spec = specFor(made, meta.robot, navigation);
  if (logged !== undefined && !isLogged(spec, logged as NetSpec))
    return {
      note: `Attention cannot be shown: the run was driven with another network than the ${file} of this page.`,
    };
  return { reader: createAttentionReader(await openOrtSession(bytes), spec), file };
}

/** Whether a network's specification is the one that was logged. @throws FormatError for one that is none */
function isLogged(spec: NetSpec, logged: NetSpec): boolean {
  const read = parseNetMetadata(formatNetMetadata(logged)).spec;
  return JSON.stringify(read) === JSON.stringify(spec);
}

/** Control rate of a run; 10 where its log does not say. [Hz] */
export function rateOf(meta: RunMeta): number {
  return typeof meta.config?.rateHz === "number" ? meta.config.rateHz : 10;
}
