import { expect, it } from "vitest";
import { createThinned } from "../../src/drive/thinned.ts";

it("values of a long run are kept evenly in bounded memory, those of a short one all", () => {
  for (const count of [10, 99, 100, 1000, 12_345]) {
    const thinned = createThinned<number>(100);
    for (let i = 0; i < count; i++) thinned.add(i);
    const { values } = thinned;
    const stride = values[1] - values[0];
    expect(values).toEqual(Array.from({ length: values.length }, (_, i) => i * stride));
    expect(values.length).toBeLessThan(100);
    expect(values.length * stride).toBeGreaterThanOrEqual(count);
    if (count < 100) expect(stride).toBe(1);
    else expect(values.length).toBeGreaterThan(40);
  }
});
