/**
 * Colours of lines, by the order in which they were chosen, on light and on dark paper: Okabe and Ito's hues, made as dark or
 * as light as 4.5 to 1 against the paper asks. Source: jfly.uni-koeln.de/color; WCAG 2.1, 1.4.3.
 */
export const PLOT_COLOURS = {
  light: ["#0072b2", "#b84600", "#00764f", "#97457c", "#7a5c00", "#4a6572"],
  dark: ["#5cbcf2", "#f07f36", "#35c79b", "#dd94bd", "#f2c14e", "#b4c0c8"],
} as const;

/** How lines are dashed that have the same colour, the first one not at all. [px of a usual screen] */
export const DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4]];
