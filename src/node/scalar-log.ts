import { appendFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { nameFile } from "./errors.ts";

// TensorBoard's event files: records of a length (uint64), its checksum, an Event of protocol buffers, its checksum. Of an
// Event only what scalars need is written: wall_time = 1 (double), step = 2 (varint), file_version = 3 (string), and
// summary = 5 with value = 1 of tag = 1 (string) and simple_value = 2 (float).

/** Scalars of a run, as TensorBoard and what reads its files show them (`tensorboard --logdir RUNS`). */
export type ScalarLog = {
  /** Appends scalars of one step, by their tags. */
  add(step: number, scalars: Readonly<Record<string, number>>): void;
};

/**
 * Begins an event file in a folder; one that is there stays. Of several in a folder, TensorBoard shows a step as the
 * latest has it, and so a run that goes on from before what was lost.
 *
 * @param wallTime seconds since 1970
 */
export function createScalarLog(folder: string, wallTime: () => number): ScalarLog {
  const began = wallTime();
  const path = join(folder, `events.out.tfevents.${Math.floor(began)}.${hostname()}.${process.pid}`);
  const append = (event: Uint8Array): void => {
    try {
      appendFileSync(path, record(event));
    } catch (error) {
      throw nameFile(error, path);
    }
  };
  append(joined(field(1, float64(began)), text(3, "brain.Event:2")));
  return {
    add(step, scalars) {
      const values = Object.entries(scalars).map(([tag, value]) =>
        bytes(1, joined(text(1, tag), field(2, float32(value)))),
      );
      if (values.length === 0) return;
      append(
        joined(
          field(1, float64(wallTime())),
          joined(varint(2 << 3), varint(step)),
          bytes(5, joined(...values)),
        ),
      );
    },
  };
}

/** All finite numbers of a line of a log, by tags of its type and their names: `train/loss`. */
export function scalarsOf(line: object): Record<string, number> {
  const { type = "run", step: _, ...rest } = line as { readonly type?: string; readonly step?: number };
  const found: Record<string, number> = {};
  const walk = (value: unknown, tag: string): void => {
    if (typeof value === "number" && Number.isFinite(value)) found[tag] = value;
    else if (typeof value === "object" && value !== null && !Array.isArray(value))
      for (const [name, inner] of Object.entries(value)) walk(inner, `${tag}/${name}`);
  };
  walk(rest, type);
  return found;
}

/** A record around an event. */
function record(event: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(event.length), true);
  return joined(length, uint32(masked(length)), event, uint32(masked(event)));
}

/** A checksum that may itself be checked: turned and moved (TFRecord). */
function masked(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32 with Castagnoli's polynomial, reflected. Source: RFC 3720, appendix B.4. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const WIRE = { 8: 1, 4: 5 } as const;

/** A field of fixed width. */
function field(number: number, value: Uint8Array): Uint8Array {
  return joined(varint((number << 3) | WIRE[value.length as 8 | 4]), value);
}

function bytes(number: number, value: Uint8Array): Uint8Array {
  return joined(varint((number << 3) | 2), varint(value.length), value);
}

function text(number: number, value: string): Uint8Array {
  return bytes(number, new TextEncoder().encode(value));
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...out, rest);
    out.push((rest % 128) | 128);
  }
}

function float64(value: number): Uint8Array {
  return new Uint8Array(Float64Array.of(value).buffer);
}

function float32(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
