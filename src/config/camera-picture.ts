import { z } from 'zod';
import { key } from './key.js';

const maxMasks = 32;
const maxCorners = 64;
/** Of all masks: what is to be blackened is worked out between two frames, in 40 ms at most for one of 3840x2160. */
const maxCornersInAll = 256;
/** An edge may be a sum of parts that binary numbers do not have. */
const roundingSlack = 1e-9;

const corner = key(z.number().min(0).max(1), {
  about: "A corner's x or y, as a part of the frame's width or height.",
  applies: 'live',
  examples: [0.25],
});

/** A rectangle of the frame. */
const roi = z
  .strictObject({
    x: key(z.number().min(0).max(1), {
      about: "Left edge, as a part of the frame's width.",
      applies: 'live',
      examples: [0.25],
    }),
    y: key(z.number().min(0).max(1), {
      about: "Top edge, as a part of the frame's height.",
      applies: 'live',
      examples: [0.1],
    }),
    width: key(z.number().min(0.01).max(1), {
      about: "Width, as a part of the frame's.",
      applies: 'live',
      examples: [0.5],
    }),
    height: key(z.number().min(0.01).max(1), {
      about: "Height, as a part of the frame's.",
      applies: 'live',
      examples: [0.8],
    }),
  })
  .superRefine(({ x, y, width, height }, context) => {
    const refuse = (name: string, edge: string): void => {
      const expected = `at most 1 - ${edge}, so that the part ends within the frame`;
      context.addIssue({ code: 'custom', message: expected, path: [name], params: { expected } });
    };
    if (x + width > 1 + roundingSlack) refuse('width', 'x');
    if (y + height > 1 + roundingSlack) refuse('height', 'y');
  });

/** What is done with a camera's picture before it is looked at. All places are those of the frame that the camera delivers. */
export const cameraPicture = {
  rotate: key(z.literal([0, 90, 180, 270]).default(0), {
    about:
      'Degrees by which the picture must be turned clockwise to stand upright. Networks see it upright; keypoints and ' +
      "snapshots stay in the camera's own frame.",
    applies: 'live',
  }),
  flip: key(z.enum(['none', 'horizontal', 'vertical']).default('none'), {
    about:
      'For cameras that mirror: horizontal changes left and right, vertical top and bottom, of the picture as it stands ' +
      "after rotate. A person's left and right are then told rightly.",
    applies: 'live',
  }),
  roi: key(roi.optional(), {
    about:
      'The part of the frame that is looked at; all of it where left out. Smaller people are seen in it, and nobody outside.',
    applies: 'live',
    expected: 'a mapping with x, y, width and height as parts of the frame, from 0 to 1',
    examples: [{ x: 0.25, y: 0.1, width: 0.5, height: 0.8 }],
  }),
  masks: key(
    z
      .array(
        z
          .array(z.array(corner).length(2).meta({ 'x-expected': 'a corner: [x, y]' }))
          .min(3)
          .max(maxCorners)
          .meta({ 'x-expected': `a polygon: a list of 3 to ${maxCorners} corners, each [x, y]` }),
      )
      .max(maxMasks)
      .superRefine((polygons, context) => {
        if (polygons.reduce((sum, { length }) => sum + length, 0) <= maxCornersInAll) return;
        const expected = `at most ${maxCornersInAll} corners in all`;
        context.addIssue({ code: 'custom', message: expected, params: { expected } });
      })
      .default([]),
    {
      about:
        'Polygons that are blacked out before anything looks at the picture, snapshots included. Corners are [x, y] as parts ' +
        'of the frame.',
      applies: 'live',
      expected: `a list of at most ${maxMasks} polygons of 3 to ${maxCorners} corners [x, y] from 0 to 1, ${maxCornersInAll} corners in all`,
      examples: [
        [
          [
            [0, 0],
            [0.3, 0],
            [0.3, 0.5],
          ],
        ],
      ],
    },
  ),
};
