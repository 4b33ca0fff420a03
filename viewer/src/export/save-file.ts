/** Hands bytes or text to the user as a file. @param type of text, as in `text/csv`; a blob has its own */
export function saveFile(name: string, content: Blob | string, type = ""): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A run's name as a file's. */
export function fileNameOf(name: string, ending: string): string {
  const plain = name.replace(/\.mcap$/i, "").replace(/[^\w.-]+/g, "-");
  return `${plain === "" ? "run" : plain}${ending}`;
}
