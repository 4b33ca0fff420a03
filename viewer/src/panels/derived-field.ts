import type { Store } from "../contracts.ts";
import { FUNCTION_NAMES, formatExpression, parseExpression } from "../derived/expression.ts";
import { DERIVED, namesNeeded } from "../derived/find-series.ts";
import { element } from "./element.ts";

/** Creates the field that series are typed into which are computed of others. */
export function createDerivedField(store: Store): { readonly root: HTMLElement } {
  const input = element("input", {
    type: "text",
    placeholder: "speed - speed@B, xy(x, y) …",
    ariaLabel: "Compute a series",
    spellcheck: false,
    autocomplete: "off",
  });
  const add = element("button", { type: "submit" }, "Plot");
  const answer = element("output", { className: "series-note" });
  const root = element(
    "form",
    { className: "derived-field" },
    element("div", { className: "derived-row" }, input, add),
    answer,
    element(
      "details",
      {},
      element("summary", {}, "How to compute"),
      element(
        "p",
        { className: "series-note" },
        `Series by name, "in quotes" where it is more than words; speed@B of run B; + - * / ( ) and ${FUNCTION_NAMES.join(", ")}. ` +
          "xy(a, b) plots b over a.",
      ),
    ),
  );
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      const name = DERIVED + outer(formatExpression(parseExpression(input.value)));
      const missing = namesNeeded(name).find((wanted) => !isKnown(store, wanted));
      if (missing !== undefined) throw new Error(`no run has a series "${missing}"`);
      answer.textContent = "";
      input.value = "";
      const others = store.state.chosenSeries.filter((other) => other !== name);
      store.set({ chosenSeries: [...others, name] });
    } catch (error) {
      answer.textContent = error instanceof Error ? error.message : String(error);
    }
  });
  return { root };
}

/** Without the parentheses around all of it. */
function outer(text: string): string {
  if (!/^\(.*\)$/s.test(text)) return text;
  const inner = text.slice(1, -1);
  try {
    return formatExpression(parseExpression(inner)) === text ? inner : text;
  } catch {
    return text;
  }
}

/** Whether a run has a series, or a topic that it may be of. */
function isKnown({ state: { runs } }: Store, name: string): boolean {
  return runs.some(
    ({ index }) =>
      index.series.has(name) || index.topics?.some((topic) => name.startsWith(topic.name)) === true,
  );
}
