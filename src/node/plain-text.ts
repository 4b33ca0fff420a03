/**
 * What a terminal would take for an order: control characters but for the end of a line and the tab, and those
 * that turn the direction of writing.
 */
const ORDERS = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text that a terminal shows and does not obey: names, logs and messages come out of files and off the network.
 * An escape character becomes `\\u001b`, as in JSON, so that JSON stays what it was.
 */
export function plainText(text: string): string {
  return text.replace(ORDERS, (order) => `\\u${order.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
