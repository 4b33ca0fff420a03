import { messageOf } from "../base/index.ts";
import { readPackageJson, UnavailableError, UsageError } from "../node/index.ts";

/** An open connection to a queue, and the package that speaks its protocol. */
export type RedisLink = {
  readonly bullmq: typeof import("bullmq");
  /** What a queue, a worker and a listener each make their own connection of. */
  readonly connection: import("ioredis").Redis;
  /** Jobs of one version of this package never meet workers of another. */
  readonly queueName: string;
  close(): Promise<void>;
};

/** For the first answer of a server. [ms] */
const PATIENCE = 5000;
/** Longest pause before a lost server is tried again. [ms] */
const LONGEST_PAUSE = 2000;

/**
 * Connects to a Redis server, and goes on trying where the connection is lost later. Needs the packages bullmq and ioredis.
 *
 * @param say hears, once each time, that the server is lost and that it is back
 * @throws UsageError for a malformed address, UnavailableError where nobody answers or a package is missing
 */
export async function openRedis(url: string, say: (line: string) => void): Promise<RedisLink> {
  checkQueueUrl(url);
  const { bullmq, Redis } = await importPackages();
  const connection = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: PATIENCE,
    retryStrategy: (tries) => (connected ? Math.min(100 * tries, LONGEST_PAUSE) : null),
  });
  let connected = false;
  let lost = false;
  let why = "no answer";
  connection.on("error", (error) => {
    why = messageOf(error) || String((error as NodeJS.ErrnoException).code);
  });
  try {
    await connection.connect();
    await connection.ping();
  } catch (cause) {
    connection.disconnect();
    const reason = why === "no answer" ? messageOf(cause) : why;
    throw new UnavailableError(`no queue at ${shownUrl(url)}: ${reason}; is a Redis server running there?`, {
      cause,
    });
  }
  connected = true;
  connection.on("close", () => {
    if (lost || closing) return;
    lost = true;
    say(`the queue at ${shownUrl(url)} is lost; waiting for it`);
  });
  connection.on("ready", () => {
    if (lost) say(`the queue at ${shownUrl(url)} is back`);
    lost = false;
  });
  let closing = false;
  return {
    bullmq,
    connection,
    queueName: `mnemosyne-${readPackageJson().version}`,
    async close() {
      closing = true;
      connection.disconnect();
    },
  };
}

/** @throws UsageError unless it is the address of a Redis server */
export function checkQueueUrl(url: string): void {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  if (!["redis:", "rediss:"].includes(protocol) || hostname === "")
    throw new UsageError(
      `the queue is '${shownUrl(url)}', expected redis://HOST:6379 (or rediss:// for TLS)`,
    );
}

/** An address without its password. */
export function shownUrl(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):.*@/, "$1:***@").replace(/([?&]password=)[^&#]*/i, "$1***");
}

async function importPackages() {
  try {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  } catch (cause) {
    throw new UnavailableError("a queue needs packages that are not installed: npm install bullmq ioredis", {
      cause,
    });
  }
}
