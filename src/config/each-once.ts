import type { z } from 'zod';

/** Adds an issue for every entry whose `name` an earlier one has. */
export function eachOnce<T>(name: keyof T & string) {
  return (entries: readonly T[], context: z.core.$RefinementCtx) => {
    const seen = new Set<unknown>();
    for (const [index, entry] of entries.entries()) {
      if (seen.has(entry[name])) {
        const message = `a ${name} of its own, unlike every other entry`;
        context.addIssue({ code: 'custom', message, path: [index, name], params: { expected: message } });
      }
      seen.add(entry[name]);
    }
  };
}
