/** Requests that have no text of their own, and are left out with their arguments. */
const SILENT =
  /^[.'](\\"|"|if|ie|el|de|di|ds|nr|nh|hy|ad|na|in|sp|ta|tr|ft|fi|nf|so|ne|rr|rm|pl|ll|PP|P|LP|TP|IX|PD|RS|RE|Dd|Os|Bl|El|Pp|Bd|Ed|UE|ME|UR|MT|br|ig)\b/;
/** Signs by the names that roff has for them. */
const SIGNS: Readonly<Record<string, string>> = {
  aq: "'", cq: "'", oq: "'", dq: '"', lq: '"', rq: '"', bu: "*", em: "--", en: "-", hy: "-", co: "(C)",
  ha: "^", ti: "~", rs: "\\", ga: "`", "->": "->", "<-": "<-", ">=": ">=", "<=": "<=",
}; // biome-ignore format: a table

/** Whether a file's content is the source of a manual page. */
export function isManSource(content: string): boolean {
  return /^(?:[.'](?:\\"|").*\r?\n|[^\S\n]*\n)*[.'](?:TH|Dd|so|de|if|ie|nh|ds)\b/.test(
    content.slice(0, 20_000),
  );
}

/**
 * The text of a manual page's source (roff with the macros man or mdoc), well enough to learn from: comments, requests and font changes
 * are gone, macros leave their words, signs are plain ones. Nothing is laid out. A page that only names another one is empty.
 */
export function manText(source: string): string {
  const lines: string[] = [];
  let isDefinition = false;
  for (const line of source.split(/\r?\n/)) {
    // A macro's definition goes to a line of two dots, that of text to ignore likewise.
    if (isDefinition) isDefinition = line.trim() !== "..";
    else if (/^[.']\s*(de|ig)\b/.test(line)) isDefinition = true;
    else if (SILENT.test(line) || /^[.']\s*$/.test(line) || /^'?\\"/.test(line)) continue;
    else lines.push(/^[.']/.test(line) ? wordsOfMacro(plain(line)) : plain(line));
  }
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim(); // biome-ignore format: one line
}

/** `.BR ls (1)` is `ls(1)`, `.SH NAME` is `NAME`: the words without the macro, joined where fonts alternate. */
function wordsOfMacro(line: string): string {
  const [, name, rest] = /^[.']\s*(\S*)\s*(.*)$/s.exec(line)!;
  const words = rest.match(/"[^"]*"?|\S+/g)?.map((word) => word.replace(/^"|"$/g, "")) ?? [];
  const isAlternating = /^(BR|RB|BI|IB|IR|RI)$/.test(name);
  return (/^S[HShs]$/.test(name) ? "\n" : "") + words.join(isAlternating ? "" : " ");
}

function plain(line: string): string {
  return line
    .replace(/\\["#].*$/, "")
    .replace(/\\\*?\((..)|\\\*?\[([^\]]*)\]/g, (_, two, long) => SIGNS[two ?? long] ?? "")
    .replace(/\\f(\(..|\[[^\]]*\]|.)|\\s[-+]?\d|\\[vhwzZ]'[^']*'|\\[&|^%,/:)]|\\\*./g, "")
    .replace(/\\-/g, "-")
    .replace(/\\[ ~0]/g, " ")
    .replace(/\\e/g, "\\")
    .replace(/\\(['`])/g, "$1")
    .replace(/\\c$/, "");
}
