/** Steps that people read easily. [s] */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** A stroke of an axis of times. */
type AxisStroke = {
  /** [s] */ readonly time: number /** None on a minor one. */;
  readonly label?: string;
};

/**
 * Strokes of an axis with labels that do not touch.
 *
 * @param width of the axis [px]
 * @param spacing least distance between labels [px]
 */
export function axisStrokes(from: number, to: number, width: number, spacing = 72): AxisStroke[] {
  const span = to - from;
  if (!(span > 0 && width > 0)) return [{ time: from, label: timeText(from, 1) }];
  const least = (span * spacing) / width;
  const step = STEPS.find((candidate) => candidate >= least) ?? Math.ceil(least / 7200) * 7200;
  const minor = step / 5;
  const strokes: AxisStroke[] = [];
  for (let n = Math.ceil(from / minor - 1e-9); n * minor <= to + 1e-9; n++) {
    const time = n * minor;
    strokes.push(n % 5 === 0 ? { time, label: timeText(time, step < 1 ? 1 : 0) } : { time });
  }
  return strokes;
}

/** `12.3`, `1:02.3`, `1:00:02`. */
export function timeText(time: number, digits: number): string {
  const unit = 10 ** digits;
  const units = Math.round(Math.abs(time) * unit);
  const sign = time < 0 && units > 0 ? "−" : "";
  const whole = Math.floor(units / unit);
  const seconds = whole % 60;
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const fraction = digits === 0 ? "" : `.${String(units % unit).padStart(digits, "0")}`;
  if (whole < 60) return `${sign}${seconds}${fraction}`;
  const two = (value: number): string => String(value).padStart(2, "0");
  if (hours === 0) return `${sign}${minutes}:${two(seconds)}${fraction}`;
  return `${sign}${hours}:${two(minutes)}:${two(seconds)}${fraction}`;
}
