import { spawn } from "node:child_process";

/** The program that opens a URL in the user's browser, and its arguments. */
export function browserCommand(url: string, platform: NodeJS.Platform): readonly [string, readonly string[]] {
  if (platform === "darwin") return ["open", [url]];
  // Not through cmd.exe: it would read the & of a URL as the end of a command.
  if (platform === "win32") return ["rundll32", ["url.dll,FileProtocolHandler", url]];
  return ["xdg-open", [url]];
}

/** Opens the URL in the user's browser; where there is none the URL is on the screen anyway. */
export function openBrowser(url: string): void {
  const [command, args] = browserCommand(url, process.platform);
  const child = spawn(command, args, { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}
