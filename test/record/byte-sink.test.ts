import { expect, test } from "vitest";
import { createMemorySink } from "../../src/record/index.ts";

test.each([Uint8Array, Buffer])("a sink in memory keeps what a %o held when it was written", (make) => {
  const sink = createMemorySink();
  const bytes = make.from([1, 2, 3]);
  sink.write(bytes);
  bytes.fill(9);
  sink.write(bytes);
  expect([...sink.bytes]).toEqual([1, 2, 3, 9, 9, 9]);
});
