import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { downloadDigits } from "../../src/node/download-digits.ts";
import { fetchBytes } from "../../src/node/fetch-bytes.ts";
import { DIGIT_SOURCES, type DigitSource } from "../../src/optim/index.ts";
import { readDigits } from "../../src/optim/node.ts";
import { runHere } from "./run-cli.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "mnemosyne-download-"));
const signal = new AbortController().signal;
const DATA = "../shared/data";

// A set of four small files of its own: what they hold does not matter, only its MD5.
const CONTENT = new Map<string, Buffer>(
  ["train-images", "train-labels", "test-images", "test-labels"].map(
    (name, i) => [`${name}.gz`, Buffer.from(`${name} `.repeat(50 + i))] as const,
  ),
);
const packed = (name: string): Buffer => gzipSync(CONTENT.get(name)!);
const file = (name: string) => ({ name, md5: createHash("md5").update(CONTENT.get(name)!).digest("hex") });
const source = (...addresses: string[]): DigitSource => ({
  title: "four files",
  addresses,
  files: {
    train: { images: file("train-images.gz"), labels: file("train-labels.gz") },
    test: { images: file("test-images.gz"), labels: file("test-labels.gz") },
  },
});
const NAMES = [...CONTENT.keys()];

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

/** A server for the time of the tests, its address and what it was asked for. */
async function serve(answer: RequestListener): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`, asked };
}
const good: RequestListener = (request, response) => {
  const name = (request.url ?? "").replace(/^\/data\//, "");
  if (CONTENT.has(name)) response.end(packed(name));
  else response.writeHead(404).end();
};

describe("downloading", () => {
  test("brings the four files, checked, and no more; a second time nothing is fetched", async () => {
    const { address, asked } = await serve(good);
    const out = join(folder(), "new", "set");
    const notes: string[] = [];
    const options = { source: source(address), folder: out, signal };
    const files = await downloadDigits({ ...options, onProgress: (done, note) => notes.push(`${done} ${note}`) }); // biome-ignore format: one line
    expect(files.map(({ name, status, from }) => [name, status, from])).toEqual(
      NAMES.map((name) => [name, "fetched", `${address}/${name}`]),
    );
    expect(readdirSync(out).sort()).toEqual([...NAMES].sort());
    for (const name of NAMES)
      expect(gunzipSync(readFileSync(join(out, name))).equals(CONTENT.get(name)!)).toBe(true);
    expect(notes.at(-1)).toBe("4 test-labels.gz");
    expect(asked).toHaveLength(4);
    const again = await downloadDigits(options);
    expect(again.map(({ status }) => status)).toEqual(["kept", "kept", "kept", "kept"]);
    expect(asked).toHaveLength(4);
  });

  test("fetches anew what is damaged, cut short or another file, and keeps the rest", async () => {
    const { address, asked } = await serve(good);
    const out = folder();
    writeFileSync(join(out, NAMES[0]), packed(NAMES[0]));
    writeFileSync(join(out, NAMES[1]), packed(NAMES[1]).subarray(0, 20));
    writeFileSync(join(out, NAMES[2]), packed(NAMES[3]));
    const files = await downloadDigits({ source: source(address), folder: out, signal });
    expect(files.map(({ status }) => status)).toEqual(["kept", "fetched", "fetched", "fetched"]);
    expect(asked.map((path) => path.slice("/data/".length))).toEqual(NAMES.slice(1));
  });

  test("asks the next address where one refuses, breaks off, is silent or has other files", async () => {
    const other = await serve((_, response) => response.end("<html>moved</html>"));
    const refusing = await serve((_, response) => response.writeHead(403).end("no"));
    const breaking = await serve((request, response) => {
      const bytes = packed((request.url ?? "").replace("/data/", ""));
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 30), () => response.destroy());
    });
    const silent = await serve(() => {});
    const fine = await serve(good);
    const addresses = [other, refusing, breaking, silent, fine].map(({ address }) => address);
    const files = await downloadDigits({
      source: source(...addresses),
      folder: folder(),
      signal,
      patienceMs: 150,
    });
    expect(files.every(({ from }) => from?.startsWith(fine.address))).toBe(true);

    const out = folder();
    const failed = downloadDigits({ source: source(...addresses.slice(0, 4)), folder: out, signal, patienceMs: 150 }); // biome-ignore format: one line
    await expect(failed).rejects.toThrow(
      /^train-images\.gz is not to be had:\n {2}.*MD5.*\n {2}.*the server answers 403 Forbidden\n {2}.*connection broke\n {2}.*no answer in 0\.15 s\n.*--from/,
    );
    expect(readdirSync(out)).toEqual([]);
  });

  test("takes a file that the server unpacks on the way, and packs it again", async () => {
    const { address } = await serve((request, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(packed((request.url ?? "").replace("/data/", "")));
    });
    const out = folder();
    await downloadDigits({ source: source(address), folder: out, signal });
    expect(gunzipSync(readFileSync(join(out, NAMES[0]))).equals(CONTENT.get(NAMES[0])!)).toBe(true);
  });

  test("from a folder, packed or not; a name with a slash too many is no matter", async () => {
    const from = folder();
    for (const [i, name] of NAMES.entries()) {
      if (i % 2 === 0) writeFileSync(join(from, name), packed(name));
      else writeFileSync(join(from, name.replace(".gz", "")), CONTENT.get(name)!);
    }
    const files = await downloadDigits({ source: source(), folder: folder(), from: [`${from}//`], signal });
    expect(files.map(({ status }) => status)).toEqual(["fetched", "fetched", "fetched", "fetched"]);
  });

  test("ends when it is told to, and keeps what was whole", async () => {
    const stop = new AbortController();
    const { address } = await serve((request, response) => {
      if (request.url?.endsWith("test-images.gz")) stop.abort(new Error("enough"));
      else good(request, response);
    });
    const out = folder();
    await expect(downloadDigits({ source: source(address), folder: out, signal: stop.signal })).rejects.toThrow("enough"); // biome-ignore format: one line
    expect(readdirSync(out).sort()).toEqual(["train-images.gz", "train-labels.gz"]);
  });

  test("refuses more bytes than the limit before they are all there", async () => {
    const endless = await serve((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(10_000)));
        response.once("drain", more);
      };
      more();
    });
    await expect(fetchBytes(endless.address, { signal, most: 100_000 })).rejects.toThrow(
      "more than 100000 bytes",
    );
  });

  test("says that nobody listens, or that there is no such server", async () => {
    const server = createServer(good);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const gone = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`;
    await new Promise((resolve) => server.close(resolve));
    await expect(fetchBytes(gone, { signal })).rejects.toThrow("the connection is refused");
    await expect(fetchBytes("http://no-such-server.invalid/x", { signal })).rejects.toThrow(
      /no-such-server\.invalid\/x: the server's name is not known/,
    );
  });
});

describe("mnemosyne download", () => {
  test.skipIf(!existsSync(`${DATA}/fashion-mnist`))(
    `writes what readDigits reads (skipped without ${DATA})`,
    async () => {
      for (const set of ["mnist", "fashion-mnist"]) {
        const out = join(folder(), set);
        const { code, stdout } = await runHere(["download", set, "--from", `${DATA}/${set}`, "--out", out, "--json"]); // biome-ignore format: one line
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ verb: "download", status: "done", set, fetched: 4, out });
        expect((await readDigits(out, set, "test")).count).toBe(10_000);
      }
    },
  );

  test("of one set is not taken for the other", async () => {
    const from = folder();
    const { files } = DIGIT_SOURCES.mnist;
    for (const { name } of [files.train.images, files.train.labels]) writeFileSync(join(from, name), packed(NAMES[0])); // biome-ignore format: one line
    const out = join(folder(), "mnist");
    const { code, stdout, stderr } = await runHere(["download", "mnist", "--from", from, "--out", out, "--json"]); // biome-ignore format: one line
    expect(code).toBe(1);
    expect(stderr).toContain(`expected ${files.train.images.md5}`);
    expect(JSON.parse(stdout)).toMatchObject({ verb: "download", status: "failed", error: { code: "io" } });
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    [["download"], "SET"],
    [["download", "mnits"], 'did you mean "mnist"?'],
    [["download", "mnist", "--from", "ftp://here/"], "begins with http:// or https://"],
    [["download", "mnist", "--from", "http://"], "begins with http:// or https://"],
    [["download", "mnist", "fashion-mnist"], "too many arguments"],
    [["download", "mnist", "--form", "x"], 'did you mean "--from"?'],
  ])("%j is misuse", async (args, message) => {
    const { code, stderr } = await runHere(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test("help names the addresses and gives an example", async () => {
    const { code, stdout } = await runHere(["download", "--help"]);
    expect(code).toBe(0);
    for (const { addresses } of Object.values(DIGIT_SOURCES))
      for (const address of addresses) expect(stdout).toContain(address);
    expect(stdout).toContain("$ npx mnemosyne-mpc download mnist");
  });
});
