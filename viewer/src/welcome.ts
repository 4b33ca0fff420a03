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
    element("h2", {}, "See a robot plan"),
    element("p", {}, "Drop a log (.mcap) here, or several to compare them."),
    element("p", { className: "welcome-ways" }, open, ...besides(opener)),
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

/** What lies beside the page on a server: a log to look at, and the demo. An exported page has nothing beside it. */
function besides(opener: LogOpener): HTMLElement[] {
  if (!location.protocol.startsWith("http")) return [];
  const sample = element("button", { type: "button" }, "Show a sample");
  sample.addEventListener("click", () => void opener.urls(["sample.mcap"], "replace"));
  return [sample, element("a", { href: "demo.html" }, "Drive one here")];
}
