/**
 * A network that came with the page.
 *
 * @param name of its file
 * @param base address of the page; to be given in a worker, which does not know it
 * @returns undefined where there is none: some servers answer with a page instead of 404
 */
export async function fetchModel(
  name: string,
  base: string = document.baseURI,
): Promise<Uint8Array | undefined> {
  const place = new URL(`models/${encodeURIComponent(name)}`, base);
  if (!/^https?:$/.test(place.protocol)) return undefined;
  const answer = await fetch(place);
  if (!answer.ok || (answer.headers.get("content-type") ?? "").includes("text/html")) return undefined;
  return new Uint8Array(await answer.arrayBuffer());
}
