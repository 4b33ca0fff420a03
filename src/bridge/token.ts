import { timingSafeEqual } from "node:crypto";

/** Whether a token is the right one, in a time that does not tell how much of it is. */
export function isTokenOf(token: string, given: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
