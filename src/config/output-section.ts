import { z } from 'zod';
import { key } from './key.js';

/** In which form poses are published. */
export const outputSection = z
  .strictObject({
    skeleton: key(z.enum(['native', 'coco17', 'openpose18']).default('native'), {
      about:
        'The keypoints of pose messages, snapshots and `annotate`: native for those of the model, or the same ones ' +
        'whichever model runs, taken over by name. A keypoint that the model does not have is null; a missing neck is ' +
        'the middle of the shoulders.',
      applies: 'live',
    }),
  })
  .prefault({});
