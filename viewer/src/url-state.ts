import { type AppState, type Camera, MOST_RUNS, type PartName, type Theme } from "./contracts.ts";
import { FIRST_STATE } from "./store.ts";

/** What of the state a link holds; the logs themselves are in `?url=`. */
type LinkedState = Partial<Omit<AppState, "runs" | "playing">>;

const CAMERAS: readonly Camera[] = ["orbit", "top", "followPosition", "followPose"];
const PARTS: readonly PartName[] = ["left", "right", "plots"];
const THEMES: readonly Theme[] = ["auto", "light", "dark"];

/**
 * The part of an address after `#` that brings back this view; what is as at first is left out.
 *
 * @param pose of the scene's camera, in its own words
 */
export function encodeState(state: Readonly<AppState>, pose?: string): string {
  const entries = new URLSearchParams();
  const put = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") entries.set(key, value);
  };
  const seconds = (value: number | undefined) =>
    value === undefined ? undefined : String(Number(value.toFixed(4)));
  if (state.follow) put("follow", "1");
  else if (state.time !== 0) put("t", seconds(state.time));
  if (state.speed !== FIRST_STATE.speed) put("speed", String(state.speed));
  if (state.loop !== undefined) put("loop", state.loop.map(seconds).join(","));
  if (state.camera !== FIRST_STATE.camera) put("camera", state.camera);
  put("pose", pose);
  const layers = Object.entries(state.layers).sort(([a], [b]) => (a < b ? -1 : 1));
  put("show", namesOf(layers.filter(([, on]) => on).map(([name]) => name)));
  put("hide", namesOf(layers.filter(([, on]) => !on).map(([name]) => name)));
  const series = namesOf(state.chosenSeries);
  if (series !== namesOf(FIRST_STATE.chosenSeries)) entries.set("series", series);
  put("a", seconds(state.cursorA));
  put("b", seconds(state.cursorB));
  if (state.theme !== FIRST_STATE.theme) put("theme", state.theme);
  if (state.lastPlans !== FIRST_STATE.lastPlans) put("plans", String(state.lastPlans));
  const sizes = PARTS.flatMap((part) =>
    state.sizes[part] === undefined ? [] : [`${part}:${state.sizes[part]}`],
  );
  put("sizes", sizes.join(","));
  put("tab", state.tab);
  // Commas may stand in a fragment as they are, which keeps a link readable.
  return entries.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/** The state in the part of an address after `#`; what is not understood is left out. */
export function decodeState(fragment: string): { readonly state: LinkedState; readonly pose?: string } {
  const entries = new URLSearchParams(fragment.replace(/^#/, ""));
  const state: LinkedState = {};
  const number = (key: string, legal: (value: number) => boolean): number | undefined => {
    const text = entries.get(key);
    const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) && legal(value) ? value : undefined;
  };
  const any = (): boolean => true;
  const given = <K extends keyof LinkedState>(key: K, value: LinkedState[K] | undefined): void => {
    if (value !== undefined) state[key] = value;
  };
  given("time", number("t", any));
  given(
    "speed",
    number("speed", (value) => value >= 0.01 && value <= 100),
  );
  given(
    "lastPlans",
    number("plans", (value) => Number.isInteger(value) && value >= 0 && value <= 100),
  );
  given("cursorA", number("a", any));
  given("cursorB", number("b", any));
  if (entries.get("follow") === "1") state.follow = true;
  const loop = (entries.get("loop") ?? "")
    .split(",")
    .map((text) => (text === "" ? Number.NaN : Number(text)));
  if (loop.length === 2 && loop.every(Number.isFinite) && loop[0] < loop[1]) state.loop = [loop[0], loop[1]];
  given(
    "camera",
    CAMERAS.find((camera) => camera === entries.get("camera")),
  );
  given(
    "theme",
    THEMES.find((theme) => theme === entries.get("theme")),
  );
  const layers: Record<string, boolean> = {};
  for (const name of namesIn(entries.get("show"))) layers[name] = true;
  for (const name of namesIn(entries.get("hide"))) layers[name] = false;
  if (Object.keys(layers).length > 0) state.layers = layers;
  const sizes: LinkedState["sizes"] = {};
  for (const text of (entries.get("sizes") ?? "").split(",")) {
    const [name, size] = text.split(":");
    const part = PARTS.find((one) => one === name);
    if (part !== undefined && Number(size) > 0) sizes[part] = Number(size);
  }
  if (Object.keys(sizes).length > 0) state.sizes = sizes;
  given("tab", entries.get("tab") ?? undefined);
  const series = entries.get("series");
  if (series !== null) state.chosenSeries = namesIn(series);
  return { state, pose: entries.get("pose") ?? undefined };
}

/** The logs named by the query of an address: `?url=a.mcap&url=b.mcap`; at most {@link MOST_RUNS}. */
export function logsIn(query: string): string[] {
  return new URLSearchParams(query)
    .getAll("url")
    .filter((url) => url.trim() !== "")
    .slice(0, MOST_RUNS);
}

function namesOf(names: readonly string[]): string {
  return names.map((name) => encodeURIComponent(name)).join(",");
}

function namesIn(text: string | null): string[] {
  return (text ?? "").split(",").flatMap((name) => {
    try {
      return name === "" ? [] : [decodeURIComponent(name)];
    } catch {
      return [];
    }
  });
}
