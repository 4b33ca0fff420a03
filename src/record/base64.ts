const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = new TextEncoder().encode(ALPHABET);
const PAD = "=".charCodeAt(0);
const ILLEGAL = 255;
const VALUES = new Uint8Array(256).fill(ILLEGAL);
CODES.forEach((code, value) => {
  VALUES[code] = value;
});
const decoder = new TextDecoder("latin1");

/** Bytes as base64 text with padding. Source: RFC 4648, section 4. */
export function encodeBase64(bytes: Uint8Array): string {
  const n = bytes.length;
  const out = new Uint8Array(4 * Math.ceil(n / 3));
  let o = 0;
  for (let i = 0; i < n; i += 3) {
    const triple = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[o++] = CODES[triple >> 18];
    out[o++] = CODES[(triple >> 12) & 63];
    out[o++] = i + 1 < n ? CODES[(triple >> 6) & 63] : PAD;
    out[o++] = i + 2 < n ? CODES[triple & 63] : PAD;
  }
  return decoder.decode(out);
}

/** Bytes of base64 text; undefined where the text is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let o = 0;
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i);
    const value = code < 256 ? VALUES[code] : ILLEGAL;
    if (value === ILLEGAL) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    if (i % 4 === 1) out[o++] = (bits >> 4) & 255;
    else if (i % 4 === 2) out[o++] = (bits >> 2) & 255;
    else if (i % 4 === 3) out[o++] = bits & 255;
  }
  return out;
}
