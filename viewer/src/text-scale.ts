/** How much larger than usual text and lines are, as style.css says: for what is drawn, which knows no rem. */
export function textScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 10 || 1;
}
