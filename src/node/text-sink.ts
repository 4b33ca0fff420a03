/** What is needed of a stream; `process.stdout` and a test's array both do. */
export type TextSink = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
