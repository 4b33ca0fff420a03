export type SilenceWatchOptions = {
  /** How old the youngest message is. [s] */ readonly silence: () => number;
  /** Older messages stop the robot. [s] */ readonly patience: number;
  /** Duration of a tick. [s] */ readonly period: number;
  /** Nothing has been heard for so long. */ readonly onSilence: (seconds: number) => void;
};

/**
 * Notices between two ticks that nothing is heard any more: what is looked at in ticks alone stops a robot up to a
 * period later.
 *
 * @returns `look`, for every tick that found something fresh; `end`
 */
export function watchSilence({ silence, patience, period, onSilence }: SilenceWatchOptions) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    const left = patience - silence();
    if (left < period) timer = setTimeout(wake, 1000 * left + 1); // timers are whole milliseconds
  };
  const wake = (): void => {
    const seconds = silence();
    if (seconds < patience) look();
    else onSilence(seconds);
  };
  return { look, end: (): void => clearTimeout(timer) };
}
