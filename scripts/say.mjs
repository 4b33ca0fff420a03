/** A step that failed, with a message for the user; its own output is on stderr already. */
export class EnsureError extends Error {}

/** One line of a script to its user, on stderr. */
export const say = (text) => process.stderr.write(`mnemosyne: ${text}\n`);

/** Writes an error for the user to stderr: a sentence for what we foresaw, else the whole error. */
export function reportFailure(error) {
  if (error instanceof EnsureError) say(error.message);
  else console.error(error);
}
