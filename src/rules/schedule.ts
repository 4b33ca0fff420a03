/** A learning rate as a pure function of the number of updates done before, 0, 1, ... */
export type Schedule = (step: number) => number;
