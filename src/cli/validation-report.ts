import type { Agreement } from '../validate/compare-models.js';
import type { KeypointFigures } from '../validate/evaluate-keypoints.js';
import type { ModelRun } from '../validate/model-under-test.js';
import type { SkippedPicture } from '../validate/skipped-picture.js';
import type { Validation } from '../validate/validate-model.js';

/** So many skipped pictures are named on a terminal. */
const maxNamed = 20;

/** A validation for people. */
export function validationReport({ model, pictures, people, figures }: Validation): string {
  return [
    heading(model),
    `${count(pictures, 'picture', 'pictures')}, ${count(people, 'annotated person', 'annotated people')}`,
    '',
    ...figureLines(figures),
    '',
    speed(model),
  ].join('\n');
}

/** An agreement for people. */
export function agreementReport(agreement: Agreement): string {
  const { candidate, reference, people, displacement_px: moved, figures } = agreement;
  const share = people.found_share === null ? '' : ` (${(100 * people.found_share).toFixed(1)} %)`;
  return [
    heading(candidate),
    `against ${heading(reference)}`,
    '',
    `agreement     ${number(agreement.agreement)}  over ${count(agreement.pictures, 'picture', 'pictures')}`,
    `people        ${people.matched} of ${people.reference} found${share}, ${people.seen} seen`,
    `mean OKS      ${number(agreement.oks_mean)}`,
    `displacement  median ${number(moved.median, 2)} px, p95 ${number(moved.p95, 2)} px over ${count(moved.keypoints, 'keypoint', 'keypoints')}`,
    '',
    ...figureLines(figures),
    '',
    speed(candidate),
    `against: ${speed(reference)}`,
  ].join('\n');
}

/** What was skipped, one a line, the first of many. */
export function skippedReport(skipped: readonly SkippedPicture[]): string {
  const lines = skipped.slice(0, maxNamed).map(({ picture, reason }) => {
    return picture === null || reason.includes(picture) ? reason : `${picture}: ${reason}`;
  });
  if (skipped.length > maxNamed) lines.push(`and ${skipped.length - maxNamed} more`);
  return `${count(skipped.length, 'fault', 'faults')}, and what it spoils was left out:\n  ${lines.join('\n  ')}`;
}

function heading({ model, engine, device, precision }: ModelRun): string {
  return `${model} on ${engine}, ${device}, ${precision}`;
}

function figureLines(of: KeypointFigures): string[] {
  const rows: [string, number | null, number | null][] = [
    ['OKS 0.50 to 0.95', of.ap, of.ar],
    ['OKS 0.50', of.ap50, of.ar50],
    ['OKS 0.75', of.ap75, of.ar75],
    ['medium people', of.ap_medium, of.ar_medium],
    ['large people', of.ap_large, of.ar_large],
  ];
  const cells = rows.map(([what, ap, ar]) => `${what.padEnd(16)}  ${number(ap).padEnd(5)}  ${number(ar)}`);
  return [`${''.padEnd(16)}  AP     AR`, ...cells];
}

function speed({ latency_ms, fps }: ModelRun): string {
  const { p50, p95 } = latency_ms;
  return `latency p50 ${number(p50, 1)} ms, p95 ${number(p95, 1)} ms; ${number(fps, 1)} fps, one picture at a time`;
}

function number(value: number | null, digits = 3): string {
  return value === null ? '-' : value.toFixed(digits);
}

function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}
