import { expect, test, vi } from "vitest";
import type { LayerId, LayerStatus } from "../../viewer/src/scene/layer.ts";
import { createPatience } from "../../viewer/src/scene/patience.ts";

test("a complaint is told when it has held for a while, and again only after a while; what is no complaint at once", () => {
  vi.useFakeTimers();
  let time = 0;
  const again = vi.fn();
  const wait = createPatience(again, () => time);
  const tell = (level: "info" | "error", begun = true): LayerStatus | undefined => {
    const statuses = new Map<LayerId, (LayerStatus | undefined)[]>([["map", [{ level, text: "no map" }]]]);
    wait(statuses, begun);
    return statuses.get("map")![0];
  };
  expect(tell("error")?.level).toBe("info");
  time = 1000;
  expect(tell("error")?.level).toBe("info");
  expect(again).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1600);
  expect(again).toHaveBeenCalledTimes(1);
  time = 1600;
  expect(tell("error")).toEqual({ level: "error", text: "no map" });
  expect(tell("info")).toEqual({ level: "info", text: "no map" });
  expect(tell("error")?.level).toBe("info");
  // Of a run that has not begun nothing is a fault, however long that takes.
  time = 60_000;
  expect(tell("error", false)?.level).toBe("info");
  time = 61_000;
  expect(tell("error")?.level).toBe("info");
  vi.useRealTimers();
});
