import { createApp } from "../app.ts";
import { element } from "../panels/element.ts";
import { createDemoPanel } from "./demo-panel.ts";

// The demo's page: a robot is simulated, planned for and drawn in this tab.

const { store, layout, opener, opening } = createApp();
const host = element("div", {});
layout.left.prepend(host);
createDemoPanel(
  host,
  location.search,
  (run) => {
    store.set({ time: 0, loop: undefined, cursorA: undefined, cursorB: undefined });
    opener.show(run);
    store.set({ follow: true });
  },
  opening,
);
