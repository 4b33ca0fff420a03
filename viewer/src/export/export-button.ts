import { messageOf } from "../../../src/base/index.ts";
import type { Store } from "../contracts.ts";
import type { Messages } from "../messages.ts";
import { element } from "../panels/element.ts";
import { sceneOf } from "../scene/scene-state.ts";
import { encodeState } from "../url-state.ts";
import { saveExport } from "./export-html.ts";

/** A button that saves what is shown as one page that needs neither server nor network. */
export function createExportButton(store: Store, messages: Messages): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", title: "Save viewer and log as one HTML file" },
    "Export",
  );
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      // What is exported has come to its end: the page opens where the cursor is.
      await saveExport(store, encodeState({ ...store.state, follow: false }, sceneOf(store).cameraPose?.()));
    } catch (error) {
      messages.show("error", `Nothing was exported: ${messageOf(error)}`);
    }
    show();
  });
  const show = (): void => {
    button.disabled = store.state.runs.length === 0;
  };
  store.subscribe(["runs"], show);
  show();
  return button;
}
