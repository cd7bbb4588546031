import { z } from 'zod';
import { key } from './key.js';

/** What may be done to this box from afar; only somebody at the box decides that. */
export const controlSection = z
  .strictObject({
    remote_config: key(z.boolean().default(true), {
      about: 'Whether documents on the topic config/desired are obeyed.',
      applies: 'agent',
      localOnly: 'always',
    }),
    probation_s: key(z.int().min(1).max(3600).default(60), {
      about:
        'Seconds that a configuration from afar must run with frames coming in before it is kept; until then a ' +
        'failure brings the last good one back. They begin when the model is open, which may take an hour.',
      applies: 'agent',
      localOnly: 'always',
    }),
    allow_snapshot: key(z.boolean().default(false), {
      about:
        'Whether the snapshot command is answered. A snapshot is a picture of people: it leaves the box with ' +
        'everybody in it recognisable.',
      applies: 'agent',
      localOnly: 'always',
    }),
  })
  .prefault({});
