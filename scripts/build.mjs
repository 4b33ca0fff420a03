// `npm run build`: installs what is missing and builds dist/ if the sources changed.
import { ensureReady, ROOT } from "./ensure.mjs";
import { reportFailure } from "./say.mjs";

try {
  await ensureReady(ROOT);
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
