export { createLiveSession } from "./live-session.ts";
export { openBrowser } from "./open-browser.ts";
export { listViewer, nameLogs } from "./served-files.ts";
export { startViewServer } from "./view-server.ts";
