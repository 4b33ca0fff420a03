import { createApp } from "./app.ts";
import { embeddedLogs } from "./export/embedded-log.ts";
import { liveToken, openLiveRun } from "./run/live-run.ts";
import { logsIn } from "./url-state.ts";

// The viewer's page: a live run of the server it comes from, logs inside of the page, or logs of its address.

const live = new URLSearchParams(location.search).has("live");
const token = live ? liveToken() : undefined;
const { store, messages, opener } = createApp();
const inside = embeddedLogs();
const named = logsIn(location.search);

if (live) {
  if (token === undefined)
    messages.show("error", "This address lacks the live run's token: use the whole one that was printed.");
  else
    openLiveRun(token)
      .then((run) => {
        opener.show(run);
        store.set({ follow: true });
      })
      .catch((error: Error) => messages.show("error", error.message));
} else if (inside.length > 0) {
  const files = inside.map(({ name, bytes }) => new File([bytes], name));
  void opener.files(files, "replace");
} else if (named.length > 0) void opener.urls(named, "replace");
