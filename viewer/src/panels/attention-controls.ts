import type { AttentionChoice } from "../../../src/init-net/index.ts";
import type { AttentionReading } from "../net/compute-attention.ts";
import { element } from "./element.ts";
import { placeOfToken, tokenOfPlace } from "./net-picture.ts";

/** Which attention is looked at, and what it says. */
export type AttentionControls = {
  /** The choices. */ readonly root: HTMLElement;
  /** What they show, in words. */ readonly said: HTMLElement;
  /** Layers, heads and tokens to choose from; none while there is nothing to show, with the reason. */
  show(attention: AttentionReading | undefined, note: string): void;
  /** (tokens) of what was last shown. */
  shares(): { readonly shares: Float64Array; readonly token: number } | undefined;
  choose(token: number): void;
};

/** Creates the controls with which attention is chosen. @param changed hears of every other choice */
export function createAttentionControls(changed: () => void): AttentionControls {
  const layer = element("select", { ariaLabel: "Layer" });
  const head = element("select", { ariaLabel: "Head" });
  const token = element("select", { ariaLabel: "Token that reads" });
  const said = element("p", { className: "net-attention-note" });
  const chosen = element(
    "div",
    { className: "net-choices" },
    element("label", {}, "Layer ", layer),
    element("label", {}, "Head ", head),
    element("label", {}, "Read by ", token),
  );
  chosen.hidden = true;
  let current: AttentionReading | undefined;
  let note = "";
  let sizes = "";
  for (const select of [layer, head, token])
    select.addEventListener("change", () => {
      tell();
      changed();
    });

  const choice = (): AttentionChoice => ({
    token: Number(token.value),
    layer: layer.value === "" ? undefined : Number(layer.value),
    head: head.value === "" ? undefined : Number(head.value),
  });
  const shares = (): Float64Array | undefined => (current === undefined ? undefined : current.of(choice()));
  const tell = (): void => {
    const now = shares();
    said.textContent = now === undefined ? note : `${describe(now, Number(token.value))} ${note}`;
  };
  const offer = ({ layers, heads, tokens }: AttentionReading): void => {
    const key = `${layers} ${heads} ${tokens}`;
    if (key === sizes) return;
    sizes = key;
    const numbered = (count: number): HTMLOptionElement[] =>
      Array.from({ length: count }, (_, i) => element("option", { value: `${i}` }, `${i + 1}`));
    layer.replaceChildren(element("option", { value: "" }, "mean"), ...numbered(layers));
    head.replaceChildren(element("option", { value: "" }, "mean"), ...numbered(heads));
    const side = Math.sqrt(tokens - 1);
    token.replaceChildren(
      element("option", { value: "0" }, "latent token"),
      ...Array.from({ length: tokens - 1 }, (_, i) => {
        const at = tokenOfPlace(Math.floor(i / side), i % side, side);
        return element("option", { value: `${at}` }, nameOfToken(at, side));
      }),
    );
  };
  return {
    root: chosen,
    said,
    show(attention, text) {
      current = attention;
      note = text;
      if (attention !== undefined) offer(attention);
      chosen.hidden = attention === undefined;
      tell();
    },
    shares() {
      const now = shares();
      return now === undefined ? undefined : { shares: now, token: Number(token.value) };
    },
    choose(at) {
      token.value = `${at}`;
      tell();
      changed();
    },
  };
}

function nameOfToken(token: number, side: number): string {
  const [row, column] = placeOfToken(token, side);
  return `row ${row + 1}, column ${column + 1}`;
}

function describe(shares: Float64Array, token: number): string {
  const side = Math.sqrt(shares.length - 1);
  let most = 1;
  for (let i = 2; i < shares.length; i++) if (shares[i] > shares[most]) most = i;
  const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;
  const latent = token === 0 ? "of itself" : "of the latent token";
  return (
    `Orange: read more than an even share (${percent(1 / shares.length)}), most of all ${nameOfToken(most, side)} ` +
    `(${percent(shares[most])}); ${latent} ${percent(shares[0])}.`
  );
}
