import type { DriveSummary } from "../../../src/drive/index.ts";
import type { RunMeta, TickRecord, TimedGrid, TimedPath } from "../../../src/record/index.ts";
import type { ForeignTopic } from "../contracts.ts";
import type { MessagePlace, PlacedTopic, ScanState } from "./log-scan.ts";
import type { TopicNumbers } from "./topic-scan.ts";

/** Where a log is: chosen or dropped by the user, or on a server. */
export type LogPlace = { readonly blob: Blob } | { readonly url: string };

/** All bytes of a log. @throws Error saying what the server answered */
export async function bytesAt(place: LogPlace): Promise<Blob> {
  if ("blob" in place) return place.blob;
  const answer = await fetch(place.url);
  if (!answer.ok) throw new Error(`${place.url} cannot be read: ${answer.status} ${answer.statusText}`);
  return answer.blob();
}

/** What the page asks of the worker that reads a log. */
export type LogRequest =
  | { readonly kind: "open"; readonly place: LogPlace }
  | { readonly kind: "ticks"; readonly id: number; readonly chunk: number }
  | {
      readonly kind: "message";
      readonly id: number;
      readonly topic: PlacedTopic;
      readonly place: MessagePlace;
    }
  | { readonly kind: "topic"; readonly id: number; readonly topic: string };

/** What the worker answers. */
export type LogReply =
  | {
      readonly kind: "opened";
      /** None of a log of another program, which has no ticks. */ readonly meta?: RunMeta;
      /** First and last time of such a log, since its start. [s] */ readonly span?: readonly [
        number,
        number,
      ];
      readonly topics: readonly ForeignTopic[];
      readonly summary?: DriveSummary;
      /** Of each chunk. [bytes] */ readonly sizes: readonly number[];
    }
  /** Not a log that can be shown: why, and what it was. */
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "state"; readonly state: ScanState }
  | { readonly kind: "ticks"; readonly id: number; readonly ticks: readonly TickRecord[] }
  | { readonly kind: "message"; readonly id: number; readonly message?: TimedGrid | TimedPath }
  | { readonly kind: "topic"; readonly id: number; readonly numbers: TopicNumbers }
  | { readonly kind: "failed"; readonly id: number; readonly text: string };
