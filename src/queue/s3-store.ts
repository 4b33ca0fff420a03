import { messageOf } from "../base/index.ts";
import { UnavailableError, UsageError } from "../node/index.ts";
import type { Store } from "./store.ts";

/** An answer that a server may give better a moment later is asked for again so often. */
const ATTEMPTS = 5;

/**
 * A store in a bucket of S3, or of a server that speaks its protocol (MinIO, Ceph, Garage ...). An object is there
 * whole or not at all. Needs the package aws4fetch, and from the environment AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN where there is one, AWS_REGION (us-east-1), and AWS_ENDPOINT_URL for a
 * server that is not Amazon's.
 *
 * @param url `s3://BUCKET/PREFIX`
 * @throws UsageError for a malformed address or absent keys, UnavailableError where the bucket cannot be read
 */
export async function openS3Store(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Store> {
  const parts = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/.exec(url);
  if (parts === null) throw new UsageError(`the store is '${url}', expected s3://BUCKET/PREFIX`);
  const [, bucket, prefix = ""] = parts;
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION = "us-east-1" } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new UsageError(`${url} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment`);
  const endpoint = env.AWS_ENDPOINT_URL || `https://s3.${AWS_REGION}.amazonaws.com`;
  const { AwsClient } = await importAws4fetch();
  const client = new AwsClient({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
    service: "s3",
    region: AWS_REGION,
    retries: ATTEMPTS - 1,
  });
  const root = [bucket, ...prefix.split("/")].filter((part) => part !== "").map(encodeURIComponent);
  const address = (name: string): string =>
    `${endpoint.replace(/\/+$/, "")}/${[...root, ...name.split("/").map(encodeURIComponent)].join("/")}`;
  /** @returns undefined for "not found" */
  const ask = async (method: string, name: string, body?: Uint8Array): Promise<Response | undefined> => {
    const answer = await client
      .fetch(address(name), { method, body: body as RequestInit["body"] })
      .catch((error: unknown) => {
        throw new UnavailableError(`${url}: ${endpoint} cannot be reached: ${reason(error)}`, {
          cause: error,
        });
      });
    if (answer.status === 404) return undefined;
    if (!answer.ok) {
      const why = /<Code>(.*?)<\/Code>/.exec(await answer.text())?.[1] ?? answer.statusText;
      throw new UnavailableError(`${url}: ${method} ${name} was answered with ${answer.status} (${why})`);
    }
    return answer;
  };
  const missing = (name: string) =>
    new UnavailableError(`${url}: there is no bucket '${bucket}' for ${name}`);
  const store: Store = {
    url,
    async put(name, bytes) {
      if ((await ask("PUT", name, bytes)) === undefined) throw missing(name);
    },
    async get(name) {
      const answer = await ask("GET", name);
      return answer && new Uint8Array(await answer.arrayBuffer());
    },
    has: async (name) => (await ask("HEAD", name)) !== undefined,
    async remove(name) {
      await ask("DELETE", name);
    },
  };
  await store.put(PROBE, new Uint8Array(0)); // wrong keys, a wrong bucket are told before there is work
  await store.remove(PROBE);
  return store;
}

const PROBE = "probe";

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(cause);
}

async function importAws4fetch(): Promise<typeof import("aws4fetch")> {
  try {
    return await import("aws4fetch");
  } catch (cause) {
    throw new UnavailableError("a store on S3 needs a package that is not installed: npm install aws4fetch", {
      cause,
    });
  }
}
