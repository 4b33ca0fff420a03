import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/queue/open-store.ts";

/** Moto, a server of its own that answers as S3 does (`pip install 'moto[server]'`). */
const HAS_MOTO = spawnSync("moto_server", ["--help"]).status === 0;
const PORT = 15_977;
const ENV = {
  AWS_ACCESS_KEY_ID: "key",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_ENDPOINT_URL: `http://127.0.0.1:${PORT}`,
};

describe("the address of a store", () => {
  test.each([
    ["s3://bucket", {}, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
    ["s3://", ENV, /'s3:\/\/', expected s3:\/\/BUCKET\/PREFIX/],
    ["gs://bucket", ENV, /'gs:\/\/bucket', expected a folder or s3:\/\/BUCKET\/PREFIX/],
    ["s3://bucket", { ...ENV, AWS_ENDPOINT_URL: "http://127.0.0.1:2" }, /127.0.0.1:2 cannot be reached/],
  ])("%s is refused", async (url, env, message) => {
    await expect(openStore(url, env)).rejects.toThrow(message);
  });
});

describe.skipIf(!HAS_MOTO)("a store on S3 (needs moto_server)", () => {
  let server: ChildProcess;
  beforeAll(async () => {
    server = spawn("moto_server", ["-p", String(PORT)], { stdio: "ignore" });
    const isUp = (): Promise<boolean> =>
      fetch(`${ENV.AWS_ENDPOINT_URL}/own`, { method: "PUT" }).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 300));
  }, 60_000);
  afterAll(() => void server.kill());

  test("gives back what was put, by names of any letters, and nothing where there is nothing", async () => {
    const store = await openStore("s3://own/pre/fix", ENV);
    const name = "results/a b+ü/x.arrow";
    expect(await store.get(name)).toBeUndefined();
    await store.put(name, Uint8Array.of(1, 2, 3));
    expect([await store.has(name), [...(await store.get(name))!]]).toEqual([true, [1, 2, 3]]);
    await store.remove(name);
    await store.remove(name);
    expect(await store.has(name)).toBe(false);
  });

  test("a bucket that is not there is told at once", async () => {
    await expect(openStore("s3://nowhere", ENV)).rejects.toThrow(/no bucket 'nowhere'/);
  });
});
