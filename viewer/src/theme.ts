import type { Store, Theme } from "./contracts.ts";
import { element } from "./panels/element.ts";
import { isDarkTheme } from "./scene/theme.ts";

const NEXT: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const SIGNS: Readonly<Record<Theme, string>> = { auto: "◐", light: "☀", dark: "☾" };

/** Puts the theme on the page, and makes the button that changes it. */
export function createThemeButton(store: Store): { readonly button: HTMLButtonElement; dispose(): void } {
  const button = element("button", { type: "button", className: "plain" });
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const { theme } = store.state;
    document.documentElement.dataset.theme = isDarkTheme(theme) ? "dark" : "light";
    button.textContent = SIGNS[theme];
    button.title = `Theme: ${theme === "auto" ? "as the system" : theme}`;
    button.ariaLabel = button.title;
  };
  // Panels hear of the theme through the state: a change of the system is passed on as one.
  const systemChanged = (): void => {
    if (store.state.theme !== "auto") return;
    apply();
    store.set({ theme: isDarkTheme("auto") ? "dark" : "light" });
    store.set({ theme: "auto" });
  };
  button.addEventListener("click", () => store.set({ theme: NEXT[store.state.theme] }));
  system.addEventListener("change", systemChanged);
  const stop = store.subscribe(["theme"], apply);
  apply();
  return {
    button,
    dispose() {
      stop();
      system.removeEventListener("change", systemChanged);
    },
  };
}
