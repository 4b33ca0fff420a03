/** Whether all numbers of some arrays are finite. */
export function areFinite(arrays: readonly Float32Array[]): boolean {
  return arrays.every(isFiniteArray);
}

function isFiniteArray(values: Float32Array): boolean {
  // 0 * x is NaN for NaN and infinite x alone. Four sums, since additions of one wait for each other.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += 0 * values[i];
    b += 0 * values[i + 1];
    c += 0 * values[i + 2];
    d += 0 * values[i + 3];
  }
  for (let i = whole; i < values.length; i++) a += 0 * values[i];
  return a + b + c + d === 0;
}
