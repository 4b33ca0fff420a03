/** The oldest Node.js this package runs on; the same as `engines` in package.json. */
export const OLDEST_NODE = "20.19.0";

/**
 * Says why a Node.js version is too old, in a sentence for the user.
 *
 * @param {string} version as in `process.versions.node`
 * @returns {string | undefined} undefined if the version will do
 */
export function nodeTooOld(version) {
  const [major, minor] = version.split(".").map(Number);
  const [wantMajor, wantMinor] = OLDEST_NODE.split(".").map(Number);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return undefined;
  return `mnemosyne needs Node.js ${OLDEST_NODE} or newer, this is ${version}; get one from https://nodejs.org`;
}
