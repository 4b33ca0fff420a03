import { ConfigError } from "../base/index.ts";

/** Why a server could not be started, for people. @param flag that gave the port */
export function listenError(error: NodeJS.ErrnoException, flag: string, port: number): Error {
  if (error.code === "EADDRINUSE")
    return new ConfigError(`${flag} ${port} is taken by another program; leave it out for a free one`, {
      cause: error,
    });
  if (error.code === "EACCES")
    return new ConfigError(`${flag} ${port} may not be used by this user; expected one above 1023`, {
      cause: error,
    });
  return error;
}
