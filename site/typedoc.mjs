import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Comment, Converter, ReflectionKind, StructureRouter } from "typedoc";
import { CHAPTERS } from "./pages.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Source file of every door of the package, with the name to import it by; the package's own door is the last. */
export function listDoors(root) {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, door]) => typeof door === "object")
    .map(([path, { default: file }]) => ({
      name: path.replace(/^\.\/?/, ""),
      file: join(root, file.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
    }))
    .sort((a, b) => Number(a.name === "") - Number(b.name === ""));
}

/** What lives in each room, by docs/architecture.md's table, without the pages it links to. */
export function describeRooms(root) {
  const text = readFileSync(join(root, "docs", "architecture.md"), "utf8");
  const rows = text.matchAll(/^\| \[([\w-]+)\]\(\.\.\/src\/[\w-]+\) \| ([^|]*) \|/gm);
  return new Map(
    [...rows].map(([, room, what]) => [room, what.replace(/[;,] \[[^\]]*\]\([^)]*\)/g, "").trim()]),
  );
}

/** Pages are `docs/NAME.html`, the reference is `api/ROOM.html` and `api/ROOM/NAME.html`. */
class SiteRouter extends StructureRouter {
  getIdealBaseName(target) {
    if (target.kind === ReflectionKind.Document) return `docs/${target.frontmatter.slug}`;
    return `api/${super.getIdealBaseName(target)}`;
  }
}

/**
 * Writes pages, reference, navigation and search index to `out`.
 *
 * @throws Error where TypeDoc finds something wrong
 */
export async function writeReference({ root, out, front, documents }) {
  const doors = listDoors(root);
  const app = await Application.bootstrap({
    entryPoints: doors.map(({ file }) => file),
    tsconfig: here("tsconfig.json"),
    basePath: root,
    displayBasePath: root,
    out,
    name: "Mnemosyne MPC",
    readme: front,
    projectDocuments: documents,
    router: "site",
    disableGit: true,
    sourceLinkTemplate: "repo:{path}#L{line}",
    customCss: here("site.css"),
    customJs: here("site.js"),
    favicon: here("favicon.svg"),
    navigationLinks: { Guides: "site:index.html", API: "site:modules.html", Demo: "site:demo/index.html" },
    navigation: { includeCategories: true, includeGroups: false },
    defaultCategory: "API: one door per room",
    categoryOrder: [...Object.keys(CHAPTERS), "More", "*"],
    sort: ["source-order"],
    sortEntryPoints: false,
    groupOrder: ["Documents", "Modules", "Functions", "Classes", "Variables", "Type Aliases", "*"],
    searchInDocuments: true,
    searchCategoryBoosts: Object.fromEntries(Object.keys(CHAPTERS).map((chapter) => [chapter, 3])),
    highlightLanguages: [
      "typescript",
      "javascript",
      "json",
      "jsonc",
      "yaml",
      "bash",
      "console",
      "python",
      "cpp",
      "html",
    ],
    hideGenerator: true,
    validation: { notExported: false, rewrittenLink: false },
    logLevel: "Warn",
  });
  app.renderer.defineRouter("site", SiteRouter);
  const rooms = describeRooms(root);
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, module) => {
    if (module.kind !== ReflectionKind.Module) return;
    const { name } = doors.find(({ file }) => file === module.sources?.[0]?.fullFileName);
    module.name = name || "mnemosyne-mpc";
    const what = name === "" ? "what most programs begin with" : rooms.get(name.split("/")[0]);
    const node = name.endsWith("/node") ? " What of it needs Node." : "";
    const path = name === "" ? "mnemosyne-mpc" : `mnemosyne-mpc/${name}`;
    const text = `\`import { ... } from "${path}"\`: ${what}.${node}`;
    module.comment = new Comment([{ kind: "text", text }]);
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc could not read the sources, see above");
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error("TypeDoc found errors, see above");
}
