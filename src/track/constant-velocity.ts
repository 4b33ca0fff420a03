/**
 * A place and a velocity, and how sure of them one is: both axes alike, so that one covariance (pp, pv; pv, vv) stands for
 * either. [m, m/s, m^2, m^2/s, m^2/s^2]
 */
export type Motion = {
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
  readonly pp: number;
  readonly pv: number;
  readonly vv: number;
};

/** Kalman filter of constant velocity: moves a motion on, with accelerations of a deviation as noise. @param t [s] */
export function predictMotion(m: Motion, t: number, acceleration: number): Motion {
  const a = acceleration * acceleration;
  return {
    ...m,
    x: m.x + t * m.vx,
    y: m.y + t * m.vy,
    pp: m.pp + t * (2 * m.pv + t * m.vv) + (a * t ** 4) / 4,
    pv: m.pv + t * m.vv + (a * t ** 3) / 2,
    vv: m.vv + a * t * t,
  };
}

/** A place that is measured, and its deviation. [m] */
export type Measurement = { readonly x: number; readonly y: number; readonly deviation: number };

/** Squared distance of a measurement from where it was expected, in deviations: chi-squared of two degrees. */
export function innovation(m: Motion, { x, y, deviation }: Measurement): number {
  return ((x - m.x) ** 2 + (y - m.y) ** 2) / (m.pp + deviation * deviation);
}

/** Takes in a measured place. */
export function correctMotion(m: Motion, { x, y, deviation }: Measurement): Motion {
  const s = m.pp + deviation * deviation;
  const [kp, kv] = [m.pp / s, m.pv / s];
  const [dx, dy] = [x - m.x, y - m.y];
  return {
    x: m.x + kp * dx,
    y: m.y + kp * dy,
    vx: m.vx + kv * dx,
    vy: m.vy + kv * dy,
    pp: (1 - kp) * m.pp,
    pv: (1 - kp) * m.pv,
    vv: m.vv - kv * m.pv,
  };
}
