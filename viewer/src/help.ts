import { SHORTCUTS, type Shortcut } from "./keyboard.ts";
import { element } from "./panels/element.ts";

const SHOWN: Readonly<Record<string, string>> = { ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

/** Creates the help of the page: every key and what it does. */
export function createHelp(): { readonly dialog: HTMLDialogElement; show(): void } {
  const groups = [...new Set(SHORTCUTS.map(({ group }) => group))];
  const close = element("button", { type: "button", className: "plain", ariaLabel: "Close" }, "✕");
  const dialog = element(
    "dialog",
    { className: "help", ariaLabel: "Keys" },
    element("header", {}, element("h2", {}, "Keys"), close),
    element(
      "div",
      { className: "help-groups" },
      ...groups.map((group) =>
        element(
          "section",
          {},
          element("h3", {}, group),
          element("dl", {}, ...SHORTCUTS.filter((s) => s.group === group).flatMap(rowOf)),
        ),
      ),
    ),
    element(
      "p",
      {},
      "In the scene: drag to turn, right drag to move, wheel to zoom, click to inspect. On the timeline: drag to " +
        "scrub, Shift and drag to loop. Drop a log anywhere to open it, a second one to compare.",
    ),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "?") dialog.close();
  });
  document.body.append(dialog);
  return {
    dialog,
    show() {
      if (!dialog.open) dialog.showModal();
    },
  };
}

function rowOf({ keys, text }: Shortcut): HTMLElement[] {
  const parts = keys[0].length === 1 ? [keys[0]] : keys[0].split("+");
  return [
    element("dt", {}, ...parts.map((part) => element("kbd", {}, SHOWN[part] ?? part))),
    element("dd", {}, text),
  ];
}
