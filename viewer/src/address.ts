import type { Panel, Store } from "./contracts.ts";
import type { Messages } from "./messages.ts";
import { element } from "./panels/element.ts";
import { sceneOf } from "./scene/scene-state.ts";
import { encodeState } from "./url-state.ts";

/** The address is written so long after a change: browsers refuse to write it at every frame. [ms] */
const PAUSE = 300;

/** Keeps the address of the page at what is shown. */
export function createAddress(store: Store): Panel & { now(): string } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = (): string => {
    const fragment = encodeState(store.state, sceneOf(store).cameraPose?.());
    const address = new URL(location.href);
    address.hash = "";
    return address.href.replace(/#$/, "") + (fragment === "" ? "" : `#${fragment}`);
  };
  const write = (): void => {
    timer = undefined;
    if (store.state.runs.length > 0) history.replaceState(history.state, "", now());
  };
  const ask = (): void => {
    // While it plays there is no end of changes: it is written when it pauses.
    if (store.state.playing || timer !== undefined) return;
    timer = setTimeout(write, PAUSE);
  };
  const stops = [
    store.subscribe(
      [
        "runs",
        "time",
        "playing",
        "speed",
        "loop",
        "follow",
        "layers",
        "camera",
        "chosenSeries",
        "cursorA",
        "cursorB",
        "theme",
        "lastPlans",
        "sizes",
        "tab",
      ],
      ask,
    ),
    sceneOf(store).subscribe(ask),
  ];
  return {
    now,
    dispose() {
      clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };
}

/** A button that copies a link to this view. */
export function createShareButton(address: { now(): string }, messages: Messages): HTMLButtonElement {
  const button = element("button", { type: "button", title: "Copy a link to this view" }, "Share");
  button.addEventListener("click", async () => {
    const link = address.now();
    const onDisk = new URL(link).searchParams.getAll("url").length === 0;
    const note = onDisk
      ? " The log is on your disk: whoever opens the link has to open the file as well."
      : "";
    try {
      await navigator.clipboard.writeText(link);
      messages.show("info", `A link to this view was copied.${note}`);
    } catch {
      messages.show("info", `The link to this view: ${link}${note}`);
    }
  });
  return button;
}
