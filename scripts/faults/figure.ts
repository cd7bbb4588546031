import type { FaultId } from './faults.js';

/** What a test reached, and what it is held to: one of the three limits, both ends included. */
export interface Figure {
  fault: FaultId;
  /** As in `online again after`. */
  what: string;
  value: number;
  /** As in `s` or `MB`; left out for a count. */
  unit?: string;
  atMost?: number;
  atLeast?: number;
  exactly?: number;
}

/** True where the figure is within its limit. */
export function isMet({ value, atMost, atLeast, exactly }: Figure): boolean {
  if (exactly !== undefined) return value === exactly;
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

/** As in `online again after 15.4 s (at most 35)`. */
export function describeFigure(figure: Figure): string {
  const { what, value, unit, atMost, atLeast, exactly } = figure;
  const rounded = Math.abs(value) < 100 ? Number(value.toFixed(2)) : Math.round(value);
  const limit =
    exactly !== undefined
      ? `exactly ${exactly}`
      : atMost !== undefined
        ? `at most ${atMost}`
        : `at least ${atLeast}`;
  return `${what} ${rounded}${unit === undefined ? '' : ` ${unit}`} (${limit})`;
}
