import type { Store } from "./contracts.ts";
import type { LogOpener, OpenMode } from "./open-file.ts";
import { element, listen } from "./panels/element.ts";

/** Takes files dropped anywhere on the page; where a log is open, the right half compares. */
export function createDropZone(store: Store, opener: LogOpener): { dispose(): void } {
  const open = element("div", { className: "drop-half" }, "Open");
  const compare = element("div", { className: "drop-half" }, "");
  const cover = element("div", { className: "drop-zone", hidden: true }, open, compare);
  document.body.append(cover);

  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
  const modeAt = (event: DragEvent): OpenMode =>
    store.state.runs.length > 0 && event.clientX > window.innerWidth / 2 ? "compare" : "replace";
  const onOver = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const first = store.state.runs[0];
    cover.hidden = false;
    compare.hidden = first === undefined;
    compare.textContent = first === undefined ? "" : `Compare with ${first.index.name}`;
    const mode = modeAt(event);
    open.classList.toggle("on", mode === "replace");
    compare.classList.toggle("on", mode === "compare");
  };
  const onLeave = (event: DragEvent): void => {
    if (event.relatedTarget === null) cover.hidden = true;
  };
  const onDrop = (event: DragEvent): void => {
    cover.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    void opener.files([...(event.dataTransfer?.files ?? [])], modeAt(event));
  };
  const stop = listen(window, { dragover: onOver, dragleave: onLeave, drop: onDrop });
  return {
    dispose() {
      stop();
      cover.remove();
    },
  };
}
