/** `out = W x`: W (rows, inputs), x (inputs), out (rows). */
export function multiply(
  W: Float64Array,
  x: Float64Array,
  rows: number,
  inputs: number,
  out: Float64Array,
): void {
  for (let r = 0, at = 0; r < rows; r++) {
    let dot = 0;
    for (let i = 0; i < inputs; i++, at++) dot += W[at] * x[i];
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
