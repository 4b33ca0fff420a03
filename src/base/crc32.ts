/** Bytes taken at once. */
const SLICES = 16;

/** (16, 256) row k: what a byte does to the checksum after k more bytes. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let c = byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[byte] = c;
  }
  for (let i = 256; i < tables.length; i++) {
    const c = tables[i - 256];
    tables[i] = tables[c & 255] ^ (c >>> 8);
  }
  return tables;
}

/**
 * CRC-32 as in zip, gzip and MCAP, sixteen bytes at a time.
 *
 * Source: ISO 3309, reflected polynomial 0xEDB88320; M. E. Kounavis, F. L. Berry, "A systematic approach to
 * building high performance software-based CRC generators", 2005 (slicing).
 */
export function crc32(bytes: Uint8Array): number {
  const t = TABLES;
  const { length } = bytes;
  const whole = length - (length % SLICES);
  let c = -1;
  let i = 0;
  for (; i < whole; i += SLICES) {
    c =
      t[3840 + (bytes[i] ^ (c & 255))] ^
      t[3584 + (bytes[i + 1] ^ ((c >>> 8) & 255))] ^
      t[3328 + (bytes[i + 2] ^ ((c >>> 16) & 255))] ^
      t[3072 + (bytes[i + 3] ^ (c >>> 24))] ^
      t[2816 + bytes[i + 4]] ^
      t[2560 + bytes[i + 5]] ^
      t[2304 + bytes[i + 6]] ^
      t[2048 + bytes[i + 7]] ^
      t[1792 + bytes[i + 8]] ^
      t[1536 + bytes[i + 9]] ^
      t[1280 + bytes[i + 10]] ^
      t[1024 + bytes[i + 11]] ^
      t[768 + bytes[i + 12]] ^
      t[512 + bytes[i + 13]] ^
      t[256 + bytes[i + 14]] ^
      t[bytes[i + 15]];
  }
  for (; i < length; i++) c = t[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}
