import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The program that opens a URL in the user's browser, and its arguments. */
export function browserCommand(url: string, platform: NodeJS.Platform): readonly [string, readonly string[]] {
  if (platform === "darwin") return ["open", [url]];
  // Not through cmd.exe: it would read the & of a URL as the end of a command.
  if (platform === "win32") return ["rundll32", ["url.dll,FileProtocolHandler", url]];
  return ["xdg-open", [url]];
}

/**
 * A page that leads on to an address, in a file that only this user can read: the arguments of a process, which would
 * otherwise hold the address with its token, can be read by everybody. Gone when this process ends.
 *
 * @returns its path
 */
export function writeOpener(url: string): string {
  const folder = mkdtempSync(join(tmpdir(), "mnemosyne-open-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "open.html");
  const address = url.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const page = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=${address}"><a href="${address}">Mnemosyne's viewer</a>`;
  writeFileSync(path, page, { mode: 0o600 });
  return path;
}

/** Opens the URL in the user's browser; where there is none the URL is on the screen anyway. */
export function openBrowser(url: string): void {
  const [command, args] = browserCommand(pathToFileURL(writeOpener(url)).href, process.platform);
  const child = spawn(command, args, { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}
