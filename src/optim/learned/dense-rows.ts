/** `out = W x`: W (rows, inputs), x (inputs), out (rows). */
export function multiply(
  W: Float64Array,
  x: Float64Array,
  rows: number,
  inputs: number,
  out: Float64Array,
): void {
  let r = 0;
  // Four sums side by side: an addition need not wait for the one before it.
  for (; r + 3 < rows; r += 4) {
    const [at0, at1, at2, at3] = [r * inputs, (r + 1) * inputs, (r + 2) * inputs, (r + 3) * inputs];
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < inputs; i++) {
      const xi = x[i];
      a += W[at0 + i] * xi;
      b += W[at1 + i] * xi;
      c += W[at2 + i] * xi;
      d += W[at3 + i] * xi;
    }
    out[r] = a;
    out[r + 1] = b;
    out[r + 2] = c;
    out[r + 3] = d;
  }
  for (; r < rows; r++) {
    let dot = 0;
    for (let i = 0; i < inputs; i++) dot += W[r * inputs + i] * x[i];
    out[r] = dot;
  }
}

/** `out = W x + b`: W (rows, inputs), b (rows), x (inputs), out (rows). */
export function addDense(
  W: Float64Array,
  b: Float32Array,
  x: Float64Array,
  rows: number,
  inputs: number,
  out: Float64Array,
): void {
  multiply(W, x, rows, inputs, out);
  for (let r = 0; r < rows; r++) out[r] += b[r];
}
