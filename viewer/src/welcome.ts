import type { Panel, Store } from "./contracts.ts";
import type { LogOpener } from "./open-file.ts";
import { element } from "./panels/element.ts";

/** What is shown over the scene while nothing is open: how to open something, or how far that is. */
export function createWelcome(
  host: HTMLElement,
  store: Store,
  opener: LogOpener,
): Panel & { opening(name: string, share: number): void } {
  const open = element("button", { type: "button", className: "primary" }, "Open a log …");
  open.addEventListener("click", () => opener.choose("replace"));
  const wait = element("div", { className: "opening", hidden: true });
  const bar = element("progress", { max: 1, value: 0 });
  const label = element("span", {});
  wait.append(label, bar);
  const card = element(
    "div",
    { className: "welcome" },
    element("h1", {}, "Mnemosyne"),
    element("p", {}, "Drop a log (.mcap) here, or two to compare them."),
    open,
    element("p", { className: "dim" }, "Record one:"),
    element("code", {}, "mnemosyne navigate --world clutter:10 --record run.mcap"),
  );
  host.append(card, wait);
  const show = (): void => {
    card.hidden = store.state.runs.length > 0 || !wait.hidden;
  };
  const stop = store.subscribe(["runs"], show);
  show();
  return {
    opening(name, share) {
      wait.hidden = share >= 1;
      label.textContent = `Reading ${name}`;
      if (share > 0) bar.value = share;
      else bar.removeAttribute("value");
      show();
    },
    dispose() {
      stop();
      card.remove();
      wait.remove();
    },
  };
}
