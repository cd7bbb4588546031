/** ms from any fixed point, never going back: `performance.now`. Wall clocks jump, so no duration uses one. */
export type MonotonicClock = () => number;
