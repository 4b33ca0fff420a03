import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { parseSync } from "vite";

/** An import or re-export of a file, static or dynamic, of types or of values. */
export type Import = {
  /** Path from the root of the tree, where it leads to a file of it; else undefined. */
  readonly file?: string;
  /** Name of a package or of a module of Node, where it leads out of the tree. */
  readonly outside?: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
};

/** A source file as the rules see it. */
export type SourceFile = {
  /** Path from the root of the tree, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Its functions, nested ones too, with their length from first to last line. */
  readonly functions: readonly { readonly name: string; readonly lines: number }[];
};

/** Reads every TypeScript file below `folder`; paths are from `root`. */
export function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => {
      const path = relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
      return parseSource(path, readFileSync(join(root, path), "utf8"));
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads one source file from its text. @throws Error where it does not parse */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const lineOf = createLineFinder(text);
  const imports: Import[] = [];
  const functions: { name: string; lines: number }[] = [];
  visit(program, "", (node, name) => {
    const source = sourceOf(node);
    if (source !== undefined) imports.push({ ...resolve(path, source), ...importKind(node) });
    if (isFunction(node))
      functions.push({ name: node.id?.name ?? name, lines: lineOf(node.end) - lineOf(node.start) + 1 });
  });
  return { path, lines: lineOf(text.length), imports, functions };
}

type SyntaxNode = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
} & { readonly id?: { readonly name?: string } | null };

function visit(node: unknown, name: string, see: (node: SyntaxNode, name: string) => void): void {
  if (Array.isArray(node)) {
    for (const child of node) visit(child, name, see);
    return;
  }
  if (!isNode(node)) return;
  const own = nameOf(node) ?? name;
  see(node, own);
  for (const child of Object.values(node)) if (typeof child === "object") visit(child, own, see);
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value;
}

function nameOf(node: SyntaxNode): string | undefined {
  const named = node.type === "VariableDeclarator" ? node.id : isNode(node.key) ? node.key : undefined;
  return named !== null && named !== undefined && "name" in named ? String(named.name) : undefined;
}

function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) && !!node.body;
}

function sourceOf(node: SyntaxNode): string | undefined {
  if (!/^(Import|Export\w+)Declaration$|^ImportExpression$|^TSImportType$/.test(node.type)) return undefined;
  const literal = node.source as { readonly value?: unknown } | null | undefined;
  return typeof literal?.value === "string" ? literal.value : undefined;
}

function importKind(node: SyntaxNode): { typeOnly: boolean; dynamic: boolean } {
  const specifiers = (node.specifiers ?? []) as readonly { importKind?: string; exportKind?: string }[];
  const allTypes =
    specifiers.length > 0 &&
    specifiers.every(({ importKind, exportKind }) => importKind === "type" || exportKind === "type");
  const typeOnly =
    node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type" || allTypes;
  return { typeOnly, dynamic: node.type === "ImportExpression" };
}

function resolve(from: string, source: string): Pick<Import, "file" | "outside"> {
  if (!source.startsWith(".")) return { outside: source };
  return { file: posix.join(dirname(from), source.replace(/\?.*$/, "")) };
}

function createLineFinder(text: string): (at: number) => number {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (at) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
