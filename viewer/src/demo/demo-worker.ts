import { getRobot } from "mnemosyne-mpc/sim";
import { messageOf } from "../../../src/base/index.ts";
import type { DemoReply, DemoRequest } from "./demo-protocol.ts";
import type { DemoSetup } from "./demo-setup.ts";
import { createDemo, type Demo } from "./drive-demo.ts";

// Simulates and plans beside the page, which only draws: a slow plan costs the page no frame.

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<DemoRequest>) => void) | null;
  postMessage(reply: DemoReply): void;
};
let turn = -1;
let over = new AbortController();
let demo: Demo | undefined;
let speed = 1;

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start":
      over.abort();
      over = new AbortController();
      demo = undefined;
      turn = data.turn;
      void start(data.turn, data.setup, data.base, over.signal);
      break;
    case "stop":
      if (data.turn === turn) over.abort();
      break;
    case "speed":
      speed = data.factor;
      break;
    case "command": {
      const refusal =
        data.turn === turn && demo !== undefined ? demo.take(data.command) : "this drive is over";
      scope.postMessage({ kind: "answer", turn: data.turn, id: data.id, refusal });
    }
  }
};

async function start(mine: number, setup: DemoSetup, base: string, signal: AbortSignal): Promise<void> {
  try {
    const asks = setup.init === "net" || setup.init === "best";
    // Whoever drives without the network loads nothing of it.
    const nets = asks ? await import("./demo-net.ts") : undefined;
    const { net, note: missing } = (await nets?.demoNet(getRobot(setup.robot), base)) ?? {};
    if (signal.aborted) return;
    const instead = setup.init === "net" ? "shift is used instead" : "best does without it";
    const note = missing === undefined ? "" : `${missing}; ${instead}`;
    const made = createDemo(setup, net, {
      message: (message) => scope.postMessage({ kind: "message", turn: mine, message }),
      state: (state) => scope.postMessage({ kind: "state", turn: mine, state }),
      speed: () => speed,
      signal,
    });
    demo = made;
    scope.postMessage({ kind: "began", turn: mine, meta: made.meta, note });
    scope.postMessage({ kind: "ended", turn: mine, summary: await made.go() });
  } catch (error) {
    const problem = messageOf(error);
    scope.postMessage({ kind: "ended", turn: mine, problem });
  }
}
