import { element } from "./panels/element.ts";

type MessageKind = "info" | "warning" | "error";

/** Messages for the user: they stay until they are closed, but for those that only inform. */
export type Messages = {
  /** @param details further lines, folded */
  show(kind: MessageKind, text: string, details?: readonly string[]): { close(): void };
  /** Closes the last one. */ dismiss(): void;
};

const SIGNS: Readonly<Record<MessageKind, string>> = { info: "ℹ", warning: "⚠", error: "✖" };
/** How long information stays. [ms] */
const STAY = 6000;

/** Creates the place where messages appear. */
export function createMessages(host: HTMLElement): Messages {
  const list = element("div", { className: "messages" });
  list.setAttribute("role", "log");
  list.setAttribute("aria-live", "polite");
  host.append(list);
  return {
    show(kind, text, details = []) {
      const close = element("button", { type: "button", className: "plain", ariaLabel: "Close" }, "✕");
      const body = element("div", {}, element("p", {}, text));
      if (details.length > 0)
        body.append(
          element(
            "details",
            { open: details.length <= 3 },
            element("summary", {}, details.length === 1 ? "Details" : `${details.length} details`),
            element("ul", {}, ...details.map((line) => element("li", {}, line))),
          ),
        );
      const card = element(
        "div",
        { className: `message ${kind}` },
        element("span", { className: "sign", ariaHidden: "true" }, SIGNS[kind]),
        body,
        close,
      );
      if (kind === "error") card.setAttribute("role", "alert");
      close.addEventListener("click", () => card.remove());
      list.append(card);
      if (kind === "info") setTimeout(() => card.remove(), STAY);
      return { close: () => card.remove() };
    },
    dismiss() {
      list.lastElementChild?.remove();
    },
  };
}
