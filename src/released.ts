/**
 * When this release was made, ms since the Unix epoch; set with each. It cannot be earlier wherever the agent runs,
 * whatever the clock there says.
 */
export const releasedAt = Date.UTC(2026, 10, 1);
