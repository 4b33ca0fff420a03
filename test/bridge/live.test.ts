import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLiveSession, type LiveSession } from "../../src/bridge/live-session.ts";
import { startViewServer, type ViewServer } from "../../src/bridge/view-server.ts";
import type { LiveCommand } from "../../src/drive/index.ts";
import { parseLiveCommand } from "../../src/record/index.ts";
import { getRobot } from "../../src/sim/index.ts";

let session: LiveSession;
let server: ViewServer;
let taken: LiveCommand[];

beforeEach(async () => {
  taken = [];
  session = createLiveSession({ name: "a run", meta: { robot: getRobot("jackal") } }, (command) => {
    taken.push(command);
    return command.kind === "obstacle" ? "on the robot" : undefined;
  });
  server = await startViewServer({ files: new Map(), port: 0, route: session.route });
});

afterEach(async () => {
  session.end();
  await server.close();
});

const send = (body: string, headers: Record<string, string> = { "X-Mnemosyne-Token": session.token }) =>
  fetch(`${server.base}/live/command`, { method: "POST", headers, body });

/** Reads events until one holds a text. */
async function readUntil(wanted: string, headers: Record<string, string> = {}): Promise<string> {
  const over = new AbortController();
  const answer = await fetch(`${server.base}/live/events?token=${session.token}`, {
    headers,
    signal: over.signal,
  });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  over.abort();
  return text;
}

describe("a live run's session", () => {
  test("is closed to those without its token", async () => {
    expect((await fetch(`${server.base}/live/events`)).status).toBe(403);
    expect((await fetch(`${server.base}/live/events?token=${"x".repeat(32)}`)).status).toBe(403);
    const goal = JSON.stringify({ kind: "goal", goal: { x: 1, y: 2 } });
    expect((await send(goal, {})).status).toBe(403);
    expect((await send(goal, { "X-Mnemosyne-Token": `${session.token}x` })).status).toBe(403);
    expect(
      (await send(goal, { "X-Mnemosyne-Token": session.token, Origin: "http://evil.example" })).status,
    ).toBe(403);
    expect(taken).toEqual([]);
    expect(session.pages).toBe(0);
  });

  test("hands commands on, says why one is refused and what is wrong with one", async () => {
    expect((await send('{"kind":"goal","goal":{"x":1,"y":2,"yaw":null}}')).status).toBe(204);
    expect(taken).toEqual([{ kind: "goal", goal: { x: 1, y: 2 } }]);
    const refused = await send('{"kind":"obstacle","x":1,"y":2,"radius":0.3}');
    expect([refused.status, await refused.text()]).toEqual([409, "on the robot\n"]);
    for (const body of [
      "",
      "[]",
      "{",
      '{"kind":"stop"}',
      '{"kind":"goal","goal":{"x":"1","y":2}}',
      `{"a":"${"x".repeat(5000)}"}`,
    ])
      expect((await send(body)).status).toBe(400);
    expect(taken.length).toBe(2);
  });

  test("tells a page that comes late everything, and one that comes again what it missed", async () => {
    session.message({ topic: "/map", time: 0, value: 1 });
    session.message({ topic: "/scene", time: 0, value: "for other viewers" });
    session.message({ topic: "/diagnostics", time: 0, value: { tick: 0, cost: Number.NaN } });
    session.state({ state: "driving" });
    const late = await readUntil("event: state");
    expect(late).toContain('event: meta\ndata: {"name":"a run"');
    expect(late).toContain('id: 1\ndata: {"topic":"/map","time":0,"value":1}');
    expect(late).toContain('{"tick":0,"cost":null}');
    expect(late).not.toContain("for other viewers");
    expect(late).toContain('event: state\ndata: {"state":"driving"}');
    const again = await readUntil("event: state", { "Last-Event-ID": "1" });
    expect(again).not.toContain('"/map"');
    expect(again).toContain('"/diagnostics"');
    await session.firstPage;
  });
});

describe("commands", () => {
  test.each([
    [null, "the command is null"],
    [{ kind: "goal" }, "goal is missing"],
    [{ kind: "goal", goal: { x: null, y: 1 } }, "goal.x is NaN, expected a finite number"],
    [{ kind: "obstacle", x: 1, y: 1, radius: 99 }, "radius is 99, expected 0.02 .. 5 [m]"],
    [{ kind: "pause" }, 'kind is "pause", expected "goal", "obstacle", "hand" or "resume"'],
  ])("%j is refused", (value, message) => {
    expect(() => parseLiveCommand(value)).toThrow(message);
  });
});
