import type { DriveSummary, LiveCommand } from "mnemosyne-mpc/drive";
import type { LiveState, LogMessage, RunMeta } from "mnemosyne-mpc/record";
import type { DemoSetup } from "./demo-setup.ts";

/** What the page asks of the worker that drives. A drive is named by its turn. */
export type DemoRequest =
  /** Drives, in the place of the drive before. @param base address of the page, beside which the networks are */
  | { readonly kind: "start"; readonly turn: number; readonly setup: DemoSetup; readonly base: string }
  | { readonly kind: "stop"; readonly turn: number }
  /** Simulated seconds per second. */
  | { readonly kind: "speed"; readonly factor: number }
  | {
      readonly kind: "command";
      readonly turn: number;
      readonly id: number;
      readonly command: LiveCommand;
    };

/** What the worker tells. */
export type DemoReply =
  /** @param note what is different from what was asked for, for people; "" for nothing */
  | { readonly kind: "began"; readonly turn: number; readonly meta: RunMeta; readonly note: string }
  | { readonly kind: "message"; readonly turn: number; readonly message: LogMessage }
  | { readonly kind: "state"; readonly turn: number; readonly state: LiveState }
  | { readonly kind: "answer"; readonly turn: number; readonly id: number; readonly refusal?: string }
  /** @param problem why, where it was not the run's end */
  | {
      readonly kind: "ended";
      readonly turn: number;
      readonly summary?: DriveSummary;
      readonly problem?: string;
    };
