/** Bytes that are turned into text at once; a multiple of 3, so that pieces join. */
const PIECE = 3 * 2 ** 13;

/** Bytes as base64 text. */
export function encodeBase64Bytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  return parts.join("");
}

/** Bytes of base64 text. @throws DOMException for text that is not base64 */
export function decodeBase64Text(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
