import type { Mark } from "./contracts.ts";

/** How marks of a kind are drawn: colour and shape both tell them apart. */
type MarkLook = {
  readonly one: string;
  readonly many: string;
  /** Custom property of the style sheet. */ readonly colour: string;
  readonly shape: "bar" | "triangle" | "diamond" | "disc" | "ring";
  readonly sign: string;
};

/** Every kind, the gravest first. */
export const MARK_LOOKS: Readonly<Record<Mark["kind"], MarkLook>> = {
  contact: { one: "contact", many: "contacts", colour: "--mark-contact", shape: "diamond", sign: "◆" },
  fallback: { one: "fallback", many: "fallbacks", colour: "--mark-fallback", shape: "triangle", sign: "▲" },
  missedDeadline: {
    one: "missed deadline",
    many: "missed deadlines",
    colour: "--mark-missed",
    shape: "bar",
    sign: "▮",
  },
  recovery: { one: "recovery", many: "recoveries", colour: "--mark-recovery", shape: "disc", sign: "●" },
  note: { one: "note", many: "notes", colour: "--mark-note", shape: "ring", sign: "○" },
};

/** The kinds of marks, the gravest first. */
export const MARK_KINDS = Object.keys(MARK_LOOKS) as readonly Mark["kind"][];

/** Draws a mark around a point of a canvas. [px] */
export function drawMark(g: CanvasRenderingContext2D, look: MarkLook, x: number, y: number): void {
  g.beginPath();
  switch (look.shape) {
    case "bar":
      g.rect(x - 1.5, y - 6, 3, 12);
      break;
    case "triangle":
      g.moveTo(x, y - 6);
      g.lineTo(x + 5.5, y + 5);
      g.lineTo(x - 5.5, y + 5);
      g.closePath();
      break;
    case "diamond":
      g.moveTo(x, y - 6.5);
      g.lineTo(x + 5.5, y);
      g.lineTo(x, y + 6.5);
      g.lineTo(x - 5.5, y);
      g.closePath();
      break;
    case "disc":
    case "ring":
      g.arc(x, y, 4.5, 0, 2 * Math.PI);
      break;
  }
  if (look.shape === "ring") g.stroke();
  else g.fill();
}
