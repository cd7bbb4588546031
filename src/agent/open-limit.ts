/** How long a model may take to open: enough for a small device that first builds the plan of a large one. */
export const openLimitSeconds = 3600;
