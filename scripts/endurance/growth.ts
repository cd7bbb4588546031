/** The least of every full minute of samples that were taken once a second. */
export function minuteMinima(samples: readonly number[]): number[] {
  const minima: number[] = [];
  for (let start = 0; start + 60 <= samples.length; start += 60) {
    minima.push(Math.min(...samples.slice(start, start + 60)));
  }
  return minima;
}

/** Least-squares slope of values that are one minute apart, in units an hour. */
export function slopePerHour(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let covariance = 0;
  let variance = 0;
  for (const [minute, value] of values.entries()) {
    covariance += (minute - middle) * (value - mean);
    variance += (minute - middle) ** 2;
  }
  return variance === 0 ? 0 : (covariance / variance) * 60;
}
