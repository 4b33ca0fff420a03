/** The oldest Node.js this package runs on. */
export declare const OLDEST_NODE: string;
/** Says why a version is too old; undefined if it will do. */
export declare function nodeTooOld(version: string): string | undefined;
