import type { BadCamera } from './bad-camera.js';
import { blackHole } from './black-hole.js';
import { damagedHttp, damagedRtsp } from './damaged-slices.js';
import { flood } from './flood.js';
import { garbageHttp, garbageRtsp } from './garbage.js';
import { giantH264, giantJpeg, largeJpeg } from './giant-picture.js';
import { endlessPart, manyReferences } from './memory-bomb.js';
import { silentAfter } from './silent-rtsp.js';
import { slowHttp, slowRtsp } from './slow.js';
import { tarpit } from './tarpit.js';

/** Every kind of bad camera. */
export const badCameras = {
  tarpit,
  options: silentAfter('OPTIONS'),
  describe: silentAfter('DESCRIBE'),
  setup: silentAfter('SETUP'),
  play: silentAfter('PLAY'),
  slowHttp,
  slowRtsp,
  damagedRtsp,
  damagedHttp,
  giantJpeg,
  largeJpeg,
  giantH264,
  endlessPart,
  manyReferences,
  flood,
  garbageHttp,
  garbageRtsp,
  blackHole,
} satisfies Record<string, BadCamera>;
