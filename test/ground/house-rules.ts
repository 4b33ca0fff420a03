import type { SourceFile } from "./house.ts";

// The rules of the house, as functions from the sources to sentences about what breaks them. See
// docs/architecture.md for the rooms and why they stand in this order.

/** The room of a file: the folder below `src`. */
export function roomOf(path: string): string {
  return path.split("/")[1];
}

/** Imports from a room to one that stands later in `order`, and rooms that `order` does not name. */
export function importsUp(sources: readonly SourceFile[], order: readonly string[]): string[] {
  const strangers = [...new Set(sources.map(({ path }) => roomOf(path)))].filter((r) => !order.includes(r));
  return [
    ...strangers.map((room) => `src/${room} is not a room of the house`),
    ...between(sources)
      .filter(({ from, to }) => order.indexOf(roomOf(from)) < order.indexOf(roomOf(to)))
      .map(({ from, to }) => `${from} imports up from ${to}`),
  ];
}

/** Imports from another room that do not go through its door. */
export function importsPastDoors(sources: readonly SourceFile[]): string[] {
  return between(sources)
    .filter(({ to }) => !/^src\/[^/]+\/(index|node)\.ts$/.test(to))
    .map(({ from, to }) => `${from} imports ${to} past the door of its room`);
}

function between(sources: readonly SourceFile[]): { readonly from: string; readonly to: string }[] {
  return sources.flatMap(({ path, imports }) =>
    imports.flatMap(({ file }) =>
      file?.startsWith("src/") && roomOf(file) !== roomOf(path) ? [{ from: path, to: file }] : [],
    ),
  );
}

/** Groups of files that import each other in a circle, types included (Tarjan's strong components). */
export function importCircles(sources: readonly SourceFile[]): string[] {
  const files = new Map(sources.map((source) => [source.path, source]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[] = [];
  const enter = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const { file } of files.get(path)!.imports) {
      if (file === undefined || !files.has(file)) continue;
      if (file === path) circles.push(`${path} imports itself`);
      if (!index.has(file)) enter(file);
      if (stack.includes(file)) low.set(path, Math.min(low.get(path)!, low.get(file)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const members = stack.splice(stack.indexOf(path));
    if (members.length > 1) circles.push(`a circle of imports: ${members.sort().join(", ")}`);
  };
  for (const { path } of sources) if (!index.has(path)) enter(path);
  return circles;
}

/**
 * Packages that a file imports though its room may not. `allowed` names them by room, or by file where only
 * one file may; a name that ends in `:` allows all that begin so. Types of a package count as the package.
 */
export function forbiddenPackages(
  sources: readonly SourceFile[],
  allowed: Readonly<Record<string, readonly string[]>>,
): string[] {
  return sources.flatMap(({ path, imports }) => {
    const legal = [...(allowed[roomOf(path)] ?? []), ...(allowed[path] ?? [])];
    const fits = (name: string): boolean =>
      legal.some((one) =>
        one.endsWith(":") ? name.startsWith(one) : name === one || name.startsWith(`${one}/`),
      );
    return imports.flatMap(({ outside }) =>
      outside === undefined || fits(outside) ? [] : [`${path} imports ${outside}, which its room may not`],
    );
  });
}

/** Modules of Node that a door loads at once, by itself or through what it imports; with the way to it. */
export function nodeModulesBehind(sources: readonly SourceFile[], door: string): string[] {
  const files = new Map(sources.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const found: string[] = [];
  const enter = (path: string, way: readonly string[]): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { file, outside, typeOnly, dynamic } of files.get(path)?.imports ?? []) {
      if (typeOnly || dynamic) continue;
      if (outside?.startsWith("node:")) found.push(`${[...way, path].join(" -> ")} -> ${outside}`);
      if (file !== undefined) enter(file, [...way, path]);
    }
  };
  enter(door, []);
  return found;
}

/** Files of more lines than a reader holds in mind. */
export function longFiles(sources: readonly SourceFile[], most: number): string[] {
  return sources
    .filter(({ lines }) => lines > most)
    .map(({ path, lines }) => `${path} has ${lines} lines, expected at most ${most}`);
}

/** Functions that are too long. */
export function longFunctions(sources: readonly SourceFile[], mostIn: (path: string) => number): string[] {
  return sources.flatMap(({ path, functions }) =>
    functions
      .filter(({ lines }) => lines > mostIn(path))
      .map(({ name, lines }) => `${path} ${name} has ${lines} lines, expected at most ${mostIn(path)}`),
  );
}

/** Rooms that hold more than a share of all lines. */
export function largeRooms(sources: readonly SourceFile[], share: number): string[] {
  const total = sources.reduce((sum, { lines }) => sum + lines, 0);
  const rooms = new Map<string, number>();
  for (const { path, lines } of sources) rooms.set(roomOf(path), (rooms.get(roomOf(path)) ?? 0) + lines);
  return [...rooms]
    .filter(([, lines]) => lines > share * total)
    .map(([room, lines]) => `src/${room} has ${lines} of ${total} lines, expected at most ${100 * share}%`);
}
