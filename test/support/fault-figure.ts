import { appendFileSync } from 'node:fs';
import type { Test } from 'tap';
import { describeFigure, type Figure, isMet } from '../../scripts/faults/figure.js';

/** How often a fault is brought about: `few` in the test command, `tenth` and `full` by `npm run faults`. */
const scale = (process.env.EDGE_POSE_FAULTS ?? 'few') as 'few' | 'tenth' | 'full';

/** The count, or whatever else depends on the scale, of this run. */
export function atScale<T>(choices: { few: T; tenth: T; full: T }): T {
  return choices[scale];
}

/** Asserts that a figure is within its limit, and puts it into the table of faults where one is being made. */
export function reached(t: Test, figure: Figure): void {
  const table = process.env.EDGE_POSE_FIGURES;
  if (table !== undefined) appendFileSync(table, `${JSON.stringify(figure)}\n`);
  t.ok(isMet(figure), describeFigure(figure));
}
