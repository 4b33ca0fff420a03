import { fileURLToPath } from "node:url";
import { UsageError } from "../node/index.ts";
import { openFolderStore } from "./folder-store.ts";
import { openS3Store } from "./s3-store.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store: a folder that all machines share, or `s3://BUCKET/PREFIX` on S3 or what speaks its protocol, whose
 * address and keys are in the environment (see `openS3Store`).
 *
 * @throws UsageError for another kind of address, UnavailableError where it cannot be reached or written to
 */
export async function openStore(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(url)?.[1].toLowerCase();
  if (scheme === undefined) return openFolderStore(url);
  if (scheme === "file") return openFolderStore(fileURLToPath(url));
  if (scheme === "s3") return openS3Store(url, env);
  throw new UsageError(`the store is '${url}', expected a folder or s3://BUCKET/PREFIX`);
}
