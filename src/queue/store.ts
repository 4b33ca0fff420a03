/** Where jobs leave and find files, the same for all machines. Names are paths with slashes. */
export type Store = {
  /** For messages. */
  readonly url: string;
  /** Writes a file, whole or not at all. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** undefined where there is none of the name. */
  get(name: string): Promise<Uint8Array | undefined>;
  has(name: string): Promise<boolean>;
  /** Removes a file, where it is there. */
  remove(name: string): Promise<void>;
};
