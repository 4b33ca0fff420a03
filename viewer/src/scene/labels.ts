import { type Camera, Vector3 } from "three";

/** Words in the scene, kept upright and readable at any zoom. */
export type Labels = {
  /** Forgets the words of one owner. */ clear(owner: string): void;
  /** Words at a place of the scene. [m] */
  add(owner: string, text: string, x: number, y: number, z: number, colour: string): void;
  /** A word of the legend in the corner of the scene: it names colours, and covers nothing. */
  legend(owner: string, text: string, colour: string): void;
  /** How much larger than usual they are, see `textScale`. */ setScale(scale: number): void;
  /** Puts them where the camera sees them; those that would lie on another are moved up. */
  place(camera: Camera, width: number, height: number): void;
  /** Draws them into a picture as they stand. */
  paint(context: CanvasRenderingContext2D, density: number): void;
  dispose(): void;
};

/** @param at none for a word of the legend */
type Label = { readonly text: string; readonly at?: Vector3; readonly colour: string };
type Placed = { text: string; colour: string; x: number; y: number; width: number };

/** Height of a word's box, as in scene.css. [px] */
const LINE = 18;

/** Creates the words of the scene. @param host an element that fills the scene */
export function createLabels(host: HTMLElement): Labels {
  const layer = document.createElement("div");
  layer.className = "scene-labels";
  host.append(layer);
  const owned = new Map<string, Label[]>();
  const pool: HTMLSpanElement[] = [];
  const placed: Placed[] = [];
  const projected = new Vector3();
  let scale = 1;
  const keep = (owner: string, label: Label): void => {
    const labels = owned.get(owner);
    if (labels === undefined) owned.set(owner, [label]);
    else labels.push(label);
  };
  const widthOf = (text: string): number => (7.5 * text.length + 16) * scale;

  /** Words from the right, in rows from below, on the half of the scene that the scale leaves free. */
  const placeLegend = (width: number, height: number): void => {
    const edge = 10 * scale;
    let x = width - edge;
    let y = height - edge - LINE * scale;
    for (const { text, at, colour } of [...owned.values()].flat().reverse()) {
      if (at !== undefined) continue;
      const own = widthOf(text);
      if (x - own < width / 2) {
        x = width - edge;
        y -= LINE * scale;
      }
      x -= own;
      placed.push({ text, colour, x, y, width: own });
    }
  };

  return {
    clear(owner) {
      owned.delete(owner);
    },
    add: (owner, text, x, y, z, colour) => keep(owner, { text, at: new Vector3(x, y, z), colour }),
    legend: (owner, text, colour) => keep(owner, { text, colour }),
    setScale(next) {
      scale = next;
    },
    place(camera, width, height) {
      const line = LINE * scale;
      placed.length = 0;
      placeLegend(width, height);
      for (const labels of owned.values()) {
        for (const { text, at, colour } of labels) {
          if (at === undefined) continue;
          projected.copy(at).project(camera);
          if (!(Math.abs(projected.x) <= 1 && Math.abs(projected.y) <= 1 && projected.z < 1)) continue;
          const label = {
            text,
            colour,
            x: ((projected.x + 1) / 2) * width + 10 * scale,
            y: ((1 - projected.y) / 2) * height - line / 2,
            width: widthOf(text),
          };
          label.x = Math.min(label.x, width - label.width);
          for (let moved = true, tries = 0; moved && tries < 20; tries++) {
            moved = false;
            for (const other of placed) {
              const apart =
                Math.abs(other.y - label.y) >= line ||
                other.x + other.width < label.x ||
                label.x + label.width < other.x;
              if (apart) continue;
              label.y = other.y - line;
              moved = true;
            }
          }
          placed.push(label);
        }
      }
      placed.forEach(({ text, colour, x, y }, i) => {
        let span = pool[i];
        if (span === undefined) {
          span = document.createElement("span");
          pool.push(span);
          layer.append(span);
        }
        if (span.textContent !== text) span.textContent = text;
        span.style.borderColor = colour;
        span.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
        span.hidden = false;
      });
      for (let i = placed.length; i < pool.length; i++) pool[i].hidden = true;
    },
    paint(context, density) {
      context.font = `600 ${13 * scale * density}px system-ui, sans-serif`;
      context.textBaseline = "middle";
      for (const { text, colour, x, y } of placed) {
        context.fillStyle = colour;
        context.fillRect(x * density, y * density, 4 * scale * density, LINE * scale * density);
        context.fillStyle = getComputedStyle(layer).color;
        context.fillText(text, (x + 9 * scale) * density, (y + (LINE / 2) * scale) * density);
      }
    },
    dispose: () => layer.remove(),
  };
}
