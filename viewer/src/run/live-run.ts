import type { LiveCommand } from "../../../src/drive/index.ts";
import type { LiveState, LogMessage, RunMeta } from "../../../src/record/index.ts";
import type { Run } from "../contracts.ts";
import { createMessageRun, type MessageRun } from "./message-run.ts";

/** A run that somebody drives now and that takes commands. */
export type CommandableRun = Run & {
  /** Asks for something. @returns why it is refused, for people; undefined where it will be done */
  command(command: LiveCommand): Promise<string | undefined>;
  /** How the run stands. */ readonly state: LiveState;
  onState(listener: (state: LiveState) => void): () => void;
};

/** Whether a run takes commands. */
export function isCommandable(run: Run | undefined): run is CommandableRun {
  return run !== undefined && "command" in run && run.index.live;
}

/** Puts commands and a state on top of a run. */
export function commandable(
  run: Run,
  command: CommandableRun["command"],
): { run: CommandableRun; setState(state: LiveState): void } {
  const listeners = new Set<(state: LiveState) => void>();
  let state: LiveState = { state: "waiting" };
  const own = {
    command,
    get state() {
      return state;
    },
    onState(listener: (state: LiveState) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  // The run's index is a getter: a copy of its properties would freeze it.
  const both = Object.create(run, Object.getOwnPropertyDescriptors(own)) as CommandableRun;
  return {
    run: both,
    setState(next) {
      state = next;
      for (const listener of listeners) listener(next);
    },
  };
}

const TOKEN_KEY = "mnemosyne.live.token";

/** The token of the address this page was opened with; kept for a reload, since the address may change. */
export function liveToken(): string | undefined {
  const given = /[#&]token=([\w-]+)/.exec(location.hash)?.[1];
  if (given !== undefined) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return given ?? sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

/**
 * Opens the live run of the server this page comes from: ticks by Server-Sent Events, commands by POST.
 *
 * @param base of the server, without a slash at the end
 * @throws Error where there is no run, or not for this page
 */
export function openLiveRun(token: string, base = "."): Promise<CommandableRun> {
  const source = new EventSource(`${base}/live/events?token=${encodeURIComponent(token)}`);
  return new Promise((resolve, reject) => {
    let messages: MessageRun | undefined;
    let setState = (_state: LiveState): void => {};
    const command = async (wish: LiveCommand): Promise<string | undefined> => {
      try {
        const answer = await fetch(`${base}/live/command`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Mnemosyne-Token": token },
          body: JSON.stringify(wish),
        });
        return answer.ok ? undefined : (await answer.text()).trim();
      } catch {
        return "the run cannot be reached any more";
      }
    };
    // Sent again after every break of the connection; ticks then go on behind the last one seen.
    source.addEventListener("meta", (event) => {
      if (messages !== undefined) return;
      const { name, meta } = JSON.parse(event.data) as { name: string; meta: RunMeta };
      messages = createMessageRun(name, meta, () => source.close());
      const made = commandable(messages, command);
      setState = made.setState;
      resolve(made.run);
    });
    source.addEventListener("message", (event) => messages?.add(JSON.parse(event.data) as LogMessage));
    source.addEventListener("state", (event) => {
      const state = JSON.parse(event.data) as LiveState;
      setState(state);
      if (state.state !== "ended") return;
      source.close();
      messages?.end(state.summary, state.note);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED)
        return setState({ state: "waiting", note: "reconnecting …" });
      const text = "the live run cannot be reached: it has ended, or this is not the address it printed";
      if (messages === undefined) reject(new Error(text));
      else messages.end(undefined, text);
    });
  });
}
