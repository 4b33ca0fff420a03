import { ConfigError } from "../base/index.ts";
import { fineTune, getOptimizee, OPTIMIZEES, type Optimizee } from "../optim/index.ts";
import { heldOutDigits } from "../optim/node.ts";
import { ENCODER_TASKS } from "./encoder-task.ts";
import { LANGUAGE_TASKS } from "./language-task.ts";
import { type DataRequest, openData, type TaskOptions } from "./open-data.ts";
import { startingWeights } from "./starting-weights.ts";
import type { OpenedTask, TaskEntry } from "./task-entry.ts";

/** The tasks that {@link openTask} knows beside {@link OPTIMIZEES}. */
export const TASKS: Readonly<Record<string, TaskEntry>> = { ...ENCODER_TASKS, ...LANGUAGE_TASKS };

/** The names of all optimizees, those of {@link TASKS} among them. */
export function taskNames(): string[] {
  return [...Object.keys(OPTIMIZEES), ...Object.keys(TASKS)];
}

/** The task of a name; none for the optimizees that need nothing but images, or nothing. */
export function findTask(name: string): TaskEntry | undefined {
  return Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
}

/**
 * Opens an optimizee with its data.
 *
 * @param request none for optimizees without data
 * @throws as {@link TaskEntry.open} and `openData`
 */
export async function openTask(name: string, request: DataRequest | undefined): Promise<OpenedTask> {
  const task = findTask(name);
  if (task === undefined) return openSmall(name, request);
  if (request === undefined) throw new ConfigError(`optimizee ${name} has no data, expected a request`);
  checkOptions(name, request, task.options);
  return task.open(request);
}

function checkOptions(
  name: string,
  request: DataRequest | undefined,
  legal: readonly (keyof TaskOptions)[],
): void {
  const unknown = Object.keys(request?.options ?? {}).find(
    (option) => !legal.includes(option as keyof TaskOptions),
  );
  if (unknown !== undefined)
    throw new ConfigError(`optimizee ${name} takes no ${unknown}, expected ${listed(legal)}`);
}

async function openSmall(name: string, request: DataRequest | undefined): Promise<OpenedTask> {
  const legal: readonly (keyof TaskOptions)[] = OPTIMIZEES[name]?.needsDigits ? ["pretrained", "train"] : [];
  checkOptions(name, request, legal);
  if (request === undefined) return { create: (batch) => getOptimizee(name, undefined, { batch }) };
  const { train, heldOut, id } = await openData(request);
  const create = (batch?: number): Optimizee => getOptimizee(name, train, { batch });
  const { pretrained, train: part } = request.options ?? {};
  if (pretrained === undefined && part === undefined) return { create, heldOut: heldOutDigits(heldOut), id };
  const { weights, own } = await startingWeights(pretrained, create(1));
  return {
    create: (batch) => fineTune(create(batch), { weights, train: part }),
    heldOut: heldOutDigits(heldOut),
    id: `${id}.${own}`,
  };
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no options" : names.join(", ");
}
