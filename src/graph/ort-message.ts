/** ONNX Runtime's message on one line, without the source position and the failed condition before it. */
export function plainOrtMessage(message: string): string {
  const text = message.replace(/^\/\S+:\d+ .*? was false\. /s, "").replace(/^\/\S+:\d+ \S.*?\) /s, "");
  return text.replace(/\s+/g, " ").trim().slice(0, 400);
}
