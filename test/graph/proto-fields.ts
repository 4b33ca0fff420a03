/**
 * Follows a path of field numbers through a protocol-buffer message, taking all repetitions, and
 * returns the length-delimited payloads at its end: a reader of the tests' own.
 */
export function protoFields(message: Uint8Array, ...path: number[]): Uint8Array[] {
  const [field, ...rest] = path;
  if (field === undefined) return [message];
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) varint();
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const size = varint();
      if (tag >> 3 === field) found.push(message.subarray(at, at + size));
      at += size;
    } else throw new Error(`wire type ${wire} at byte ${at}`);
  }
  return found.flatMap((inner) => protoFields(inner, ...rest));
}

/** The text in the first field of this number, "" where there is none. */
export function protoText(message: Uint8Array, field: number): string {
  return new TextDecoder().decode(protoFields(message, field)[0] ?? new Uint8Array());
}
