import { element } from "./element.ts";
import type { NetGrid } from "./net-grid.ts";

/** Side of a cell on the screen. [CSS px] */
const CELL = 4;
/** Opacity over the patch that is read most. */
const STRONGEST = 0.85;

/** Attention over the patches of a picture. */
type PictureAttention = {
  /** (tokens) token 0 is the latent one, the patches follow from behind to ahead, right to left. */
  readonly shares: Float64Array;
  /** The token that reads; 0 is no patch. */
  readonly token: number;
  /** Hears of the token of a patch that was clicked. */
  choose(token: number): void;
};

/** A channel with its patches and the robot, and what is read more than evenly in orange. @param dark large bytes are dark */
export function netPicture(
  { window, patch }: NetGrid,
  bytes: Uint8Array,
  dark: boolean,
  attention?: PictureAttention,
): HTMLCanvasElement {
  const size = window * CELL;
  const canvas = element("canvas", { width: size, height: size, role: "img" });
  canvas.ariaLabel = "The network's grid, forward up";
  const context = canvas.getContext("2d")!;
  for (let i = 0; i < window; i++) {
    for (let j = 0; j < window; j++) {
      const byte = bytes[i * window + j];
      const level = dark ? 255 - byte : byte;
      context.fillStyle = `rgb(${level}, ${level}, ${level})`;
      context.fillRect(j * CELL, i * CELL, CELL, CELL);
    }
  }
  const side = window / patch;
  if (attention !== undefined) {
    drawAttention(context, attention, side, patch * CELL);
    canvas.ariaLabel = "The network's grid, forward up, with its attention in orange";
    followPointer(canvas, attention, side);
  }
  drawPatches(context, size, patch * CELL);
  drawRobot(context, size / 2);
  if (attention !== undefined && attention.token > 0) {
    const [row, column] = placeOfToken(attention.token, side);
    context.strokeStyle = "#0072b2";
    context.lineWidth = 3;
    context.strokeRect(column * patch * CELL, row * patch * CELL, patch * CELL, patch * CELL);
  }
  return canvas;
}

/** Row from the top and column from the left of a patch's token: forward is up, left is left. */
export function placeOfToken(token: number, side: number): [row: number, column: number] {
  const p = side * side - token;
  return [Math.floor(p / side), p % side];
}

/** The token of the patch in a row from the top and a column from the left. */
export function tokenOfPlace(row: number, column: number, side: number): number {
  return side * side - (row * side + column);
}

function drawAttention(
  context: CanvasRenderingContext2D,
  { shares }: PictureAttention,
  side: number,
  size: number,
): void {
  const even = 1 / shares.length;
  const most = shares.subarray(1).reduce((a, b) => Math.max(a, b), 0);
  for (let token = 1; token < shares.length; token++) {
    const [row, column] = placeOfToken(token, side);
    const strength = most > even ? Math.max(0, (shares[token] - even) / (most - even)) : 0;
    context.fillStyle = `rgba(230, 159, 0, ${STRONGEST * strength})`;
    context.fillRect(column * size, row * size, size, size);
  }
}

function drawPatches(context: CanvasRenderingContext2D, size: number, step: number): void {
  context.strokeStyle = "rgba(0, 114, 178, 0.45)";
  context.lineWidth = 1;
  context.beginPath();
  for (let at = 0; at <= size; at += step) {
    const p = Math.min(at + 0.5, size - 0.5);
    context.moveTo(p, 0);
    context.lineTo(p, size);
    context.moveTo(0, p);
    context.lineTo(size, p);
  }
  context.stroke();
}

function drawRobot(context: CanvasRenderingContext2D, middle: number): void {
  context.fillStyle = "#d55e00";
  context.beginPath();
  context.moveTo(middle, middle - 9);
  context.lineTo(middle + 6, middle + 6);
  context.lineTo(middle - 6, middle + 6);
  context.fill();
}

/** Shows a patch's share under the pointer; a click lets that patch's token read, a second one the latent token. */
function followPointer(canvas: HTMLCanvasElement, attention: PictureAttention, side: number): void {
  const tokenAt = ({ offsetX, offsetY }: MouseEvent): number => {
    const cell = (offset: number, length: number): number =>
      Math.min(side - 1, Math.max(0, Math.floor((offset / length) * side)));
    return tokenOfPlace(cell(offsetY, canvas.clientHeight), cell(offsetX, canvas.clientWidth), side);
  };
  canvas.classList.add("net-pick");
  canvas.addEventListener("pointermove", (event) => {
    canvas.title = `${(100 * attention.shares[tokenAt(event)]).toFixed(2)} %`;
  });
  canvas.addEventListener("click", (event) => {
    const token = tokenAt(event);
    attention.choose(token === attention.token ? 0 : token);
  });
}
