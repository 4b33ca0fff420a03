import type { Plugin } from "vite";

/** Shaders of three's own materials that are drawn with, as three's ShaderChunk names them. */
const DRAWN = ["meshbasic_vert", "meshbasic_frag"];

/** Leaves three's shaders of materials that nobody draws with empty: they are a fifth of it, and no bundler sees that they are not used. */
export function neededShaders(): Plugin {
  return {
    name: "mnemosyne-needed-shaders",
    transform: {
      filter: { id: /node_modules\/three\/build\/three\.module\.js/ },
      handler: (code) => ({ code: withoutShaders(code, DRAWN), map: null }),
    },
  };
}

/**
 * Empties the texts of `const ShaderChunk = { name: variable }` that the named ones neither are nor include, and that
 * three puts before none of its programs.
 *
 * @throws Error where a named one is not there, as after an update of three
 */
export function withoutShaders(code: string, drawn: readonly string[]): string {
  const table = /const ShaderChunk = \{([^}]*)\}/.exec(code)?.[1] ?? "";
  const variables = new Map([...table.matchAll(/(\w+): ([\w$]+)/g)].map(([, name, of]) => [name, of]));
  const textOf = (name: string): RegExp =>
    new RegExp(
      `^((?:var|const) ${variables.get(name)?.replaceAll("$", "\\$")} = )("(?:[^"\\\\]|\\\\.)*");`,
      "m",
    );
  const before = [...code.matchAll(/ShaderChunk\[ ?["'](\w+)["'] ?\]/g)].map(([, name]) => name);
  const needed = new Set([...drawn, ...before]);
  for (const name of needed) {
    const text = textOf(name).exec(code)?.[2];
    if (text === undefined) throw new Error(`three has no shader ${name}`);
    for (const [, included] of text.matchAll(/#include <(\w+)>/g)) needed.add(included);
  }
  const unneeded = [...variables.keys()].filter((name) => !needed.has(name));
  return unneeded.reduce((rest, name) => rest.replace(textOf(name), '$1"";'), code);
}
