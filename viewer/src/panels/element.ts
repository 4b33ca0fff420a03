/** Makes an element: `element("button", { className: "x" }, "text", child)`. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

/** Listens to several events of a target. @returns a function that ends it */
export function listen(
  target: EventTarget,
  listeners: {
    readonly [K in keyof GlobalEventHandlersEventMap]?: (event: GlobalEventHandlersEventMap[K]) => void;
  },
): () => void {
  const all = Object.entries(listeners) as [string, EventListener][];
  for (const [name, listener] of all) target.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of all) target.removeEventListener(name, listener);
  };
}

/** Calls at most once per frame. */
export function oncePerFrame(work: () => void): { (): void; cancel(): void } {
  let asked = 0;
  const ask = (): void => {
    if (asked === 0)
      asked = requestAnimationFrame(() => {
        asked = 0;
        work();
      });
  };
  return Object.assign(ask, {
    cancel() {
      cancelAnimationFrame(asked);
      asked = 0;
    },
  });
}

/** Hears of changes within the runs of a store, whichever they are at the time. */
export function watchRuns(
  store: {
    readonly state: { readonly runs: readonly { onChange(listener: () => void): () => void }[] };
    subscribe(keys: readonly "runs"[], listener: () => void): () => void;
  },
  listener: () => void,
): () => void {
  let stops: (() => void)[] = [];
  const watch = (): void => {
    for (const stop of stops) stop();
    stops = store.state.runs.map((run) => run.onChange(listener));
  };
  watch();
  const stop = store.subscribe(["runs"], () => {
    watch();
    listener();
  });
  return () => {
    stop();
    for (const each of stops) each();
  };
}
