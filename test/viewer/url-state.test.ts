import { describe, expect, it } from "vitest";
import { MOST_RUNS } from "../../viewer/src/contracts.ts";
import { FIRST_STATE } from "../../viewer/src/store.ts";
import { decodeState, encodeState, logsIn } from "../../viewer/src/url-state.ts";

describe("the state in an address", () => {
  it("is empty where everything is as at first", () => {
    expect(encodeState(FIRST_STATE)).toBe("");
    expect(decodeState("")).toEqual({ state: {}, pose: undefined });
  });

  it("comes back as it was", () => {
    const state = {
      ...FIRST_STATE,
      time: 12.3456,
      speed: 0.25,
      loop: [1.5, 4] as [number, number],
      layers: { map: false, distance: true, "a,b & c": true },
      camera: "followPose" as const,
      chosenSeries: ["speed", "KKT residual", "x,y"],
      cursorA: 0,
      cursorB: 7.25,
      theme: "dark" as const,
      lastPlans: 0,
      sizes: { left: 300, plots: 421 },
      tab: "Network",
    };
    const back = decodeState(`#${encodeState(state, "1,2,3")}`);
    expect({ ...FIRST_STATE, ...back.state }).toEqual(state);
    expect(back.pose).toBe("1,2,3");
    const following = decodeState(encodeState({ ...FIRST_STATE, time: 99, follow: true }));
    expect(following.state).toEqual({ follow: true });
    expect(decodeState(encodeState({ ...FIRST_STATE, chosenSeries: [] })).state.chosenSeries).toEqual([]);
  });

  it("leaves out what is not understood", () => {
    const odd =
      "#t=abc&speed=-1&loop=4,2&camera=upside&theme=pink&plans=1.5&a=&b=Infinity&show=%25E0%25A4%25A&x=1&sizes=left:-3,nowhere:4,right:,plots";
    expect(decodeState(odd).state).toEqual({});
    expect(decodeState("#loop=1,").state).toEqual({});
    expect(decodeState("#%%%").state).toEqual({});
  });

  it("names as many logs as can be told apart", () => {
    expect(logsIn("?url=a.mcap&url=&url=b%20c.mcap&url=d")).toEqual(["a.mcap", "b c.mcap", "d"]);
    expect(logsIn("?url=a".repeat(20).replaceAll("?", "&"))).toHaveLength(MOST_RUNS);
    expect(logsIn("")).toEqual([]);
  });
});
