import { type Panel, type Run, runLetter, type Store } from "./contracts.ts";
import type { Messages } from "./messages.ts";
import type { LogOpener } from "./open-file.ts";
import { element, oncePerFrame, watchRuns } from "./panels/element.ts";

/** The runs that are shown: colour, name, how each ended, what is wrong with its log, and a way to close it. */
export function createRunChips(
  host: HTMLElement,
  store: Store,
  opener: LogOpener,
  messages: Messages,
): Panel {
  const list = element("div", { className: "chips" });
  host.append(list);
  let shown = "";
  const show = oncePerFrame(() => {
    const { runs } = store.state;
    const look = JSON.stringify(
      runs.map(({ index }) => [
        index.name,
        index.live,
        index.summary?.status,
        index.problems.length,
        index.complete,
        runs.length > 1,
      ]),
    );
    if (look === shown) return;
    shown = look;
    list.replaceChildren(...runs.map((run, r) => chipOf(run, r)));
    document.title =
      runs.length === 0 ? "Mnemosyne" : `${runs.map((run) => run.index.name).join(" · ")} – Mnemosyne`;
  });

  const chipOf = (run: Run, r: number): HTMLElement => {
    const { name, meta, summary, problems, live } = run.index;
    const chip = element("div", {
      className: `chip run-${runLetter(r).toLowerCase()}`,
      title: aboutRun(run),
    });
    chip.append(element("i", { ariaHidden: "true" }), element("b", {}, name));
    // A name that says it already, as the demo's, is not said twice.
    const about = [meta.id, meta.robot.name, meta.config?.init].filter(
      (word) => typeof word === "string" && word !== "" && !name.includes(word),
    );
    chip.append(element("span", { className: "about" }, about.join(" · ")));
    if (live) chip.append(element("span", { className: "status live" }, "live"));
    else if (summary !== undefined)
      chip.append(
        element(
          "span",
          { className: `status ${summary.status}`, title: summary.status },
          // Names come first where several share the room.
          (STATUS[summary.status] ?? summary.status).slice(0, store.state.runs.length > 1 ? 1 : undefined),
        ),
      );
    if (problems.length > 0) {
      const more = element("button", { type: "button", className: "plain problem" }, `⚠ ${problems.length}`);
      more.title = "What is wrong with this log";
      more.addEventListener("click", () =>
        messages.show("warning", `${name}: what is missing or damaged`, problems),
      );
      chip.append(more);
    }
    const close = element("button", { type: "button", className: "plain", ariaLabel: `Close ${name}` }, "✕");
    close.addEventListener("click", () => opener.close(run));
    chip.append(close);
    return chip;
  };

  const stop = watchRuns(store, show);
  show();
  return {
    dispose() {
      show.cancel();
      stop();
      list.remove();
    },
  };
}

const STATUS: Readonly<Record<string, string>> = {
  reached: "✔ reached",
  collision: "✖ collision",
  timeout: "✖ timeout",
  stuck: "✖ stuck",
  failed: "✖ failed",
};

function aboutRun({ index: { summary, times, meta, span, topics = [] } }: Run): string {
  if (span !== undefined) return `a log of another program, ${topics.length} topics`;
  const lines = [`${times.length} ticks, robot ${meta.robot.name}`];
  if (summary !== undefined)
    lines.push(
      `${summary.time} s, ${summary.pathLength} m, least clearance ${summary.minClearance} m`,
      `plan: median ${summary.planMs?.p50} ms, 99 % below ${summary.planMs?.p99} ms`,
      `deadline ${summary.deadline?.ms} ms, missed ${summary.deadline?.missed}; fallbacks ${summary.deadline?.fallbacks}`,
    );
  if (summary?.note !== undefined) lines.push(summary.note);
  return lines.join("\n");
}
