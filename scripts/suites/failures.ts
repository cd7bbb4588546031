/** Where a tool tells a failure: tap's and the TAP of subtests, GoogleTest's, a sanitizer's report. */
const failure = /^ *not ok |: Failure$|\[ {2}FAILED {2}\]|^==\d+==ERROR|WARNING: ThreadSanitizer/;
/** Lines after a failure: its message and values. */
const detail = 25;
const mostLines = 100;
/** Where nothing looks like a failure, as of a program that crashed: what it said last. */
const lastLines = 60;

/** What of a suite's output tells why it failed: each failure and the lines after it, at most 100 lines. */
export function failuresIn(output: string): string {
  const lines = output.split('\n');
  const kept = new Set<number>();
  lines.forEach((line, at) => {
    if (!failure.test(line)) return;
    for (let next = at; next < Math.min(at + detail, lines.length); next++) kept.add(next);
  });
  if (kept.size === 0) return lines.slice(-lastLines).join('\n');
  const order = [...kept].sort((a, b) => a - b);
  const shown = order.slice(0, mostLines).map((at, place) => {
    const gap = place > 0 && order[place - 1] !== at - 1;
    return gap ? `    …\n${lines[at]}` : lines[at];
  });
  if (order.length > mostLines) shown.push('    … and more');
  return shown.join('\n');
}
