import type { NetSession } from "../../../src/init-net/index.ts";

/** Stands for `ort-session.ts` in the page that is one file: ONNX Runtime is larger than all the rest of it. */
export async function openOrtSession(_model: Uint8Array): Promise<NetSession> {
  throw new Error("a page exported as one file holds no network; open the log with `mnemosyne view`");
}
