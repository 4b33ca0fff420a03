import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withoutShaders } from "../../viewer/build/needed-shaders.ts";

const table =
  "const ShaderChunk = {\n\tpart: part,\n\tlit: vertex$1,\n\tplain: vertex$a,\n\tfirst: vertex$b,\n};";
const code = `var part = "a\\n\\"b\\"";\nvar vertex$1 = "light";\nconst vertex$a = "#include <part>\\nmain";\nconst vertex$b = "first";\n${table}\nstart(ShaderChunk['first']);`;

describe("three's shaders that nobody draws with", () => {
  test("are empty, and what is drawn with has all that it includes or begins with", () => {
    const left = withoutShaders(code, ["plain"]);
    expect(left).toBe(code.replace('"light"', '""'));
  });

  test("a shader that three has no more is an error", () => {
    expect(() => withoutShaders(code, ["gone"])).toThrow("three has no shader gone");
  });

  test("of three as it is installed, more than half of their text goes", () => {
    const three = readFileSync(
      new URL("../../node_modules/three/build/three.module.js", import.meta.url),
      "utf8",
    );
    const left = withoutShaders(three, ["meshbasic_vert", "meshbasic_frag"]);
    expect(three.length - left.length).toBeGreaterThan(75_000);
    expect(left).not.toContain("clearcoatNormal +=");
  });
});
