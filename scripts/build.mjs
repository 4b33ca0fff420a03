// `npm run build`: installs what is missing and builds dist/ if the sources changed.
import { ensureReady, ROOT, reportFailure } from "./ensure.mjs";

try {
  await ensureReady(ROOT);
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
