import type { Action } from './skeleton.js';

/** Seconds after which everybody is gone; a longer clip tells it again. */
export const STORY_SECONDS = 20;

/** Comes from the left, waves; later turns its back to look at the picture, and leaves past the viewer's right. */
const host: Action = {
  stride: 1.06,
  phase: 0.1,
  heading: 48,
  path: [
    { at: -1.6, x: -3.4, z: 7.2 },
    { at: 2.3, x: -0.1, z: 4.75, pause: true },
    { at: 7.2, x: -0.1, z: 4.75, pause: true },
    { at: 9.3, x: 1.75, z: 5.8, pause: true },
    { at: 16, x: 1.75, z: 5.8, pause: true },
    { at: 18.7, x: 3.7, z: 3.3 },
  ],
  turns: [
    { at: 1.9, over: 0.8, to: 0 },
    { at: 6.9, over: 0.55, to: 128 },
    { at: 9, over: 0.6, to: 180 },
    { at: 11, over: 0.65, to: 355 },
    { at: 15.7, over: 0.6, to: 390 },
  ],
  gestures: [
    { at: 2.5, until: 5.2, arm: 'right', gesture: 'wave' },
    { at: 9.5, until: 11, arm: 'right', gesture: 'point' },
    { at: 12.9, until: 14.2, arm: 'both', gesture: 'hips' },
    { at: 14.3, until: 15.9, arm: 'right', gesture: 'raise' },
  ],
  glances: [
    { at: 4.9, to: 20 },
    { at: 6.4, to: 0 },
    { at: 12.4, to: -15 },
    { at: 14.3, to: 0 },
  ],
};

/** Comes from the right, passes behind the host, lifts both arms, and leaves past the viewer's left. */
const guest: Action = {
  stride: 1,
  phase: 0.45,
  heading: -54,
  path: [
    { at: 3.1, x: 4.3, z: 7.4 },
    { at: 7.9, x: -1.25, z: 5.4, pause: true },
    { at: 15.3, x: -1.25, z: 5.4, pause: true },
    { at: 17.9, x: -3.1, z: 3.1 },
  ],
  turns: [
    { at: 6.9, over: 0.9, to: 0 },
    { at: 15, over: 0.6, to: -32 },
  ],
  gestures: [
    { at: 8.2, until: 10.8, arm: 'both', gesture: 'raise' },
    { at: 11.8, until: 13.3, arm: 'left', gesture: 'hips' },
    { at: 13.4, until: 15.1, arm: 'both', gesture: 'spread' },
  ],
  glances: [
    { at: 11, to: 25 },
    { at: 12.8, to: 0 },
  ],
};

/** Passes close by in front of the host, stays in the middle, and leaves to the back of the room. */
const passerBy: Action = {
  stride: 1.12,
  phase: 0.8,
  heading: -50,
  path: [
    { at: 10.2, x: 3.9, z: 6.4 },
    { at: 13.4, x: 0.1, z: 4.65, pause: true },
    { at: 15.8, x: 0.1, z: 4.65, pause: true },
    { at: 19.4, x: -4.4, z: 7.2 },
  ],
  turns: [
    { at: 13, over: 0.7, to: 0 },
    { at: 15.5, over: 0.55, to: -124 },
  ],
  gestures: [
    { at: 13.8, until: 15.6, arm: 'left', gesture: 'wave' },
    { at: 13.9, until: 15.5, arm: 'right', gesture: 'hips' },
  ],
  glances: [],
};

/** The story of the sample clip: alone, then two, then three; crossing, hiding one another, coming and going. */
export const STORY: readonly Action[] = [host, guest, passerBy];
