import { createHash } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { FormatError } from "../base/index.ts";
import {
  type FilePlaces,
  readMapFile,
  readMaskFile,
  UsageError,
  writeFileAtomic,
  writeMapFiles,
} from "../node/index.ts";
import type { OccupancyGrid } from "../sim/index.ts";
import type { Store } from "./store.ts";
import { decodeWire, encodeWire } from "./wire.ts";

// Files that jobs read lie in the store under the hash of what they hold: once, however many jobs name them, and
// what a job is does not depend on the machine that asks for it.

/** A map in the store, and what a filter's mask says beside it. */
type SentMap = { readonly grid: OccupancyGrid; readonly info: Readonly<Record<string, number>> };

/** Puts the files of jobs into a store. */
export type FileSender = {
  /** Places for one job, and the files that it will write: its name in the store's folder of the job, and here. */
  places(): { readonly places: FilePlaces; readonly outputs: Map<string, string> };
};

/** Creates a sender. @param store undefined: then a job that names files is refused */
export function createFileSender(store: Store | undefined): FileSender {
  const sent = new Map<string, Promise<string>>();
  const once = async (path: string, send: () => Promise<string>): Promise<string> => {
    storeFor(store, path);
    const key = resolve(path);
    let name = sent.get(key);
    if (name === undefined) {
      name = send();
      sent.set(key, name);
    }
    return name;
  };
  const put = async (bytes: Uint8Array, label: string): Promise<string> => {
    const name = `files/${createHash("sha256").update(bytes).digest("hex")}/${label}`;
    if (!(await store!.has(name))) await store!.put(name, bytes);
    return name;
  };
  const sendMap = (path: string, read: () => Promise<SentMap>): Promise<string> =>
    once(path, async () => put(new TextEncoder().encode(encodeWire(await read())), `${basename(path)}.json`));
  return {
    places() {
      const outputs = new Map<string, string>();
      return {
        outputs,
        places: {
          input: (path) => once(path, async () => put(await readFile(path), basename(path))),
          map: (path) => sendMap(path, async () => ({ grid: await readMapFile(path), info: {} })),
          mask: (path) =>
            sendMap(path, async () => {
              const { name: _, grid, ...info } = await readMaskFile(path);
              return { grid, info };
            }),
          async output(path) {
            storeFor(store, path);
            outputs.set(basename(path), path);
            return basename(path);
          },
        },
      };
    },
  };
}

/** Gets the files of jobs out of a store, into a folder of its own. */
export type FileReceiver = {
  /** Places for one job, and the files that it writes: its name in the store's folder of the job, and here. */
  places(id: string): { readonly places: FilePlaces; readonly outputs: Map<string, string> };
  /** Removes the folder. */
  close(): Promise<void>;
};

/** Creates a receiver. @param store undefined: then a job that names files fails */
export async function createFileReceiver(store: Store | undefined): Promise<FileReceiver> {
  const folder = await mkdtemp(join(tmpdir(), "mnemosyne-worker-"));
  const got = new Map<string, Promise<string>>();
  const once = (name: string, receive: (bytes: Uint8Array) => Promise<string>): Promise<string> => {
    let path = got.get(name);
    if (path === undefined) {
      path = fetchChecked(storeFor(store, name), name).then(receive);
      path.catch(() => got.delete(name));
      got.set(name, path);
    }
    return path;
  };
  const receiveMap = (name: string): Promise<string> =>
    once(name, async (bytes) => {
      const { grid, info } = decodeWire(new TextDecoder().decode(bytes)) as SentMap;
      const base = join(folder, plainName(name).replace(/\.ya?ml\.json$/i, ""));
      const { yamlPath } = await writeMapFiles(base, grid, { mode: "raw" });
      await appendFile(yamlPath, Object.entries(info).map(([key, value]) => `${key}: ${value}\n`).join("")); // biome-ignore format: one line
      return yamlPath;
    });
  return {
    close: () => rm(folder, { recursive: true, force: true }),
    places(id) {
      const outputs = new Map<string, string>();
      return {
        outputs,
        places: {
          input: (name) =>
            once(name, async (bytes) => {
              const path = join(folder, plainName(name));
              await writeFileAtomic(path, bytes);
              return path;
            }),
          map: receiveMap,
          mask: receiveMap,
          async output(name) {
            storeFor(store, name);
            const path = join(folder, id, basename(name));
            outputs.set(basename(name), path);
            return path;
          },
        },
      };
    },
  };
}

function plainName(name: string): string {
  const parts = /^files\/([0-9a-f]{64})\/([^/\\]+)$/.exec(name);
  if (parts === null) throw new FormatError(`'${name}' is no file of a job`);
  return join(parts[1], parts[2]);
}

async function fetchChecked(store: Store, name: string): Promise<Uint8Array> {
  const bytes = await store.get(name);
  if (bytes === undefined)
    throw new FormatError(
      `${name} is not in the store ${store.url}: do worker and sender have the same --store?`,
    );
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (!name.includes(hash)) throw new FormatError(`${name} in the store ${store.url} is damaged`);
  return bytes;
}

function storeFor(store: Store | undefined, what: string): Store {
  if (store !== undefined) return store;
  throw new UsageError(
    `jobs with files (${basename(what)}) need a store for them: --store FOLDER or s3://BUCKET/PREFIX`,
  );
}
