import { describe, expect, test } from "vitest";
import { decodeBase64Text, encodeBase64Bytes } from "../../viewer/src/export/base64-bytes.ts";
import { embeddedLogs, embedLogs } from "../../viewer/src/export/embedded-log.ts";

const PAGE = '<html><head><script type="module">const a = "$& $1";</script></head></html>';

/** As much of a document as the reader asks for. */
function documentOf(page: string): ParentNode {
  const scripts = [...page.matchAll(/<script[^>]* data-mnemosyne-log="([^"]*)">([^<]*)<\/script>/g)];
  const decode = (text: string) =>
    text.replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  return {
    querySelectorAll: () =>
      scripts.map(([, name, text]) => ({ getAttribute: () => decode(name), textContent: text })),
  } as unknown as ParentNode;
}

describe("a page with logs in it", () => {
  test("gives back their bytes and names", () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 7919) % 256);
    const logs = [
      { name: 'a "b" <c> & d.mcap', bytes },
      { name: "empty", bytes: new Uint8Array(0) },
    ];
    const page = embedLogs(PAGE, logs, "t=3&x=</script><b>");
    expect(embeddedLogs(documentOf(page))).toEqual(logs);
    expect(page).toContain('const a = "$& $1";');
    expect(page.match(/<b>/)).toBeNull();
  });

  test("needs a page with a script", () => {
    expect(() => embedLogs("<html></html>", [])).toThrow("no script");
  });

  test.each([0, 1, 2, 3, 24_575, 24_576, 24_577])("%i bytes survive as base64", (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 256);
    expect(encodeBase64Bytes(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    expect(decodeBase64Text(encodeBase64Bytes(bytes))).toEqual(bytes);
  });
});
