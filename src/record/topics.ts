/** The topics of a log, in the order of their channel numbers. Apart from their schemas: readers do without those. */
export const TOPICS = [
  "/map",
  "/local_grid",
  "/tf",
  "/path",
  "/warm_start",
  "/plan",
  "/trail",
  "/goal",
  "/local_goal",
  "/scene",
  "/command",
  "/diagnostics",
  "/log",
  "/keepout",
  "/speed_zones",
] as const;

/** Name of a topic of a log. */
export type Topic = (typeof TOPICS)[number];
