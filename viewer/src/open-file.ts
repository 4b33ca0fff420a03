import { messageOf } from "../../src/base/index.ts";
import { MOST_RUNS, type Run, type Store } from "./contracts.ts";
import type { Messages } from "./messages.ts";
import { element } from "./panels/element.ts";
import type { LogPlace } from "./run/log-protocol.ts";
import { openLogRun } from "./run/log-run.ts";

/** Whether logs take the place of those shown, or are laid over them. */
export type OpenMode = "replace" | "compare";

/** Opens logs. */
export type LogOpener = {
  files(files: readonly File[], mode: OpenMode): Promise<void>;
  urls(urls: readonly string[], mode: OpenMode): Promise<void>;
  /** Asks the user for files. */ choose(mode: OpenMode): void;
  /** Takes a run away. */ close(run: Run): void;
  /** Puts a run in the place of all others. */ show(run: Run): void;
};

type Named = { readonly place: LogPlace; readonly name: string; readonly url?: string };

/**
 * Creates the opener. What was opened from an address is in the page's own, so that the view can be shared.
 *
 * @param onOpening told while a log is opened, and how far it is, 0 .. 1
 */
export function createOpener(
  store: Store,
  messages: Messages,
  onOpening: (name: string, share: number) => void,
): LogOpener {
  const urls = new WeakMap<Run, string>();
  let latest = 0;

  const openOne = async ({ place, name, url }: Named): Promise<Run | undefined> => {
    onOpening(name, 0);
    let run: Run | undefined;
    let share = 0;
    const progress = (now: number): void => {
      share = now;
      onOpening(name, share);
      if (run !== undefined && share >= 1) tellProblems(run, messages);
    };
    try {
      run = await openLogRun(place, name, progress);
      if (url !== undefined) urls.set(run, url);
      if (share >= 1) tellProblems(run, messages);
      return run;
    } catch (error) {
      onOpening(name, 1);
      messages.show("error", `${name} cannot be shown: ${messageOf(error)}`);
      return undefined;
    }
  };

  const open = async (all: readonly Named[], mode: OpenMode): Promise<void> => {
    const mine = ++latest;
    const room = MOST_RUNS - (mode === "compare" ? store.state.runs.length : 0);
    const wanted = all.slice(0, room);
    if (all.length > room)
      messages.show("warning", `${MOST_RUNS} logs can be compared at a time: close one to open another.`);
    const opened = (await Promise.all(wanted.map(openOne))).filter((run) => run !== undefined);
    if (opened.length === 0) return;
    const before = store.state.runs;
    // Another file was dropped while this one was read: the later one counts.
    if (mine !== latest) {
      for (const run of opened) run.close();
      return;
    }
    const runs = mode === "compare" ? [...before, ...opened].slice(0, MOST_RUNS) : opened;
    // What is drawn on the ground is that of the first: a log without ticks is none.
    runs.sort((a, b) => Number(a.index.span !== undefined) - Number(b.index.span !== undefined));
    put(runs, mode === "replace" && before.length > 0);
  };

  const put = (runs: Run[], afresh: boolean): void => {
    for (const run of store.state.runs) if (!runs.includes(run)) run.close();
    store.set(
      afresh
        ? { runs, time: 0, playing: false, loop: undefined, cursorA: undefined, cursorB: undefined }
        : { runs },
    );
    writeAddress(runs.map((run) => urls.get(run)));
  };

  const named = (file: File): Named => ({ place: { blob: file }, name: file.name });
  const input = element("input", { type: "file", accept: ".mcap", multiple: true, hidden: true });
  let mode: OpenMode = "replace";
  input.addEventListener("change", () => {
    void open([...(input.files ?? [])].map(named), mode);
    input.value = "";
  });
  document.body.append(input);
  return {
    files: (files, how) => open(files.map(named), how),
    urls: (addresses, how) =>
      open(
        addresses.map((url) => ({
          place: { url: new URL(url, location.href).href },
          name: nameOf(url),
          url,
        })),
        how,
      ),
    choose(how) {
      mode = how;
      input.click();
    },
    close: (run) =>
      put(
        store.state.runs.filter((other) => other !== run),
        false,
      ),
    show: (run) => put([run], false),
  };
}

/** Says what is wrong with a log, once all of it was read. */
function tellProblems({ index: { name, times, span, problems, complete } }: Run, messages: Messages): void {
  if (span !== undefined) {
    const hint = `${name} is of another program: choose its topics under Plots, Series.`;
    if (problems.length > 0) messages.show("warning", hint, problems);
    else messages.show("info", hint);
    return;
  }
  const what = times.length === 1 ? "1 tick" : `${times.length} ticks`;
  if (!complete)
    messages.show("warning", `${name} is damaged. What could be read is shown: ${what}.`, problems);
  else if (times.length === 0)
    messages.show("warning", `${name} holds no ticks: the run ended before it began.`);
}

/** Writes which logs are shown into the page's address; those from the user's disk cannot be named there. */
function writeAddress(urls: readonly (string | undefined)[]): void {
  const address = new URL(location.href);
  address.searchParams.delete("url");
  for (const url of urls) if (url !== undefined) address.searchParams.append("url", url);
  if (location.protocol.startsWith("http")) history.replaceState(history.state, "", address);
}

/** The name of the file an address ends with. */
function nameOf(url: string): string {
  const path = url.replace(/[?#].*$/, "");
  const last = path.slice(path.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last) || url;
  } catch {
    return last || url;
  }
}
