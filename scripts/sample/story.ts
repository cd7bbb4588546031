import type { Action } from './skeleton.js';

/** Seconds after which everybody is gone; a longer clip tells it again. */
export const STORY_SECONDS = 20;

/** Walks in, waves; later looks at the picture, turning its back, and leaves to the right. */
const host: Action = {
  stride: 1.06,
  phase: 0.1,
  heading: 90,
  path: [
    { at: -1.6, x: -3.35, z: 4.9 },
    { at: 1.5, x: -0.3, z: 4.9, pause: true },
    { at: 7.2, x: -0.3, z: 4.9, pause: true },
    { at: 9.3, x: 1.6, z: 5.1, pause: true },
    { at: 16.2, x: 1.6, z: 5.1, pause: true },
    { at: 18.3, x: 3.7, z: 5.1 },
  ],
  turns: [
    { at: 1.2, over: 0.8, to: 0 },
    { at: 6.8, over: 0.7, to: 85 },
    { at: 9.1, over: 0.8, to: 180 },
    { at: 11.3, over: 0.9, to: 350 },
    { at: 15.8, over: 0.7, to: 450 },
  ],
  gestures: [
    { at: 1.9, until: 4.9, arm: 'right', gesture: 'wave' },
    { at: 9.9, until: 11.3, arm: 'right', gesture: 'point' },
    { at: 12.4, until: 14.2, arm: 'both', gesture: 'hips' },
    { at: 14.3, until: 16, arm: 'right', gesture: 'wave' },
  ],
  glances: [
    { at: 0.9, to: -25 },
    { at: 1.6, to: 0 },
    { at: 4.6, to: 25 },
    { at: 6.2, to: 0 },
    { at: 12.4, to: -15 },
    { at: 14.3, to: 0 },
  ],
};

/** Comes from the right, passes behind the host, lifts both arms, and leaves where it came from. */
const guest: Action = {
  stride: 1,
  phase: 0.45,
  heading: -90,
  path: [
    { at: 3.3, x: 3.55, z: 5.75 },
    { at: 7.9, x: -1.6, z: 5.75, pause: true },
    { at: 15.9, x: -1.6, z: 5.75, pause: true },
    { at: 19.5, x: 3.6, z: 5.9 },
  ],
  turns: [
    { at: 7.5, over: 0.8, to: 5 },
    { at: 15.5, over: 0.8, to: 90 },
  ],
  gestures: [
    { at: 8.4, until: 10.9, arm: 'both', gesture: 'raise' },
    { at: 12.9, until: 14.1, arm: 'left', gesture: 'hips' },
    { at: 14.2, until: 15.8, arm: 'both', gesture: 'spread' },
  ],
  glances: [
    { at: 4.4, to: 20 },
    { at: 6.6, to: 0 },
    { at: 11, to: -30 },
    { at: 12.4, to: 20 },
    { at: 14, to: 0 },
  ],
};

/** Passes close by in front of the guest, stays in the middle, turns once around, and goes back. */
const passerBy: Action = {
  stride: 1.12,
  phase: 0.8,
  heading: 90,
  path: [
    { at: 10.4, x: -3.3, z: 4.75 },
    { at: 13.4, x: 0.1, z: 4.75, pause: true },
    { at: 16.5, x: 0.1, z: 4.75, pause: true },
    { at: 19.3, x: -3.3, z: 4.75 },
  ],
  turns: [
    { at: 13.1, over: 0.8, to: 0 },
    { at: 16.1, over: 0.8, to: -90 },
  ],
  gestures: [
    { at: 14, until: 16, arm: 'left', gesture: 'wave' },
    { at: 14.2, until: 15.8, arm: 'right', gesture: 'hips' },
  ],
  glances: [
    { at: 13.1, to: -10 },
    { at: 13.9, to: 0 },
    { at: 17.2, to: 20 },
  ],
};

/** The story of the sample clip: alone, then two, then three; crossing, hiding one another, coming and going. */
export const STORY: readonly Action[] = [host, guest, passerBy];
