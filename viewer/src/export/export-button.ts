import type { Store } from "../contracts.ts";
import type { Messages } from "../messages.ts";
import { element } from "../panels/element.ts";
import { saveExport } from "./export-html.ts";
import { placesOf } from "./log-places.ts";

/** A button that saves what is shown as one page that needs neither server nor network. */
export function createExportButton(
  store: Store,
  address: { now(): string },
  messages: Messages,
): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", title: "Save viewer and log as one HTML file" },
    "Export",
  );
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await saveExport(store, new URL(address.now()).hash.replace(/^#/, ""));
    } catch (error) {
      messages.show(
        "error",
        `Nothing was exported: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    show();
  });
  const show = (): void => {
    button.disabled = placesOf(store.state.runs).length === 0;
  };
  store.subscribe(["runs"], show);
  show();
  return button;
}
