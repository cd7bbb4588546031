import type { MediaProfile } from './onvif-device.js';

export interface WantedPicture {
  /** Pixels, beyond which more are of no use. */
  readonly width: number;
  readonly height: number;
  /** Frames a second that are enough. */
  readonly fps: number;
}

/** Where no network looks at the whole picture: people are cut out of it. The rate where none is wanted. */
export const usualPicture: WantedPicture = { width: 640, height: 360, fps: 10 };

/**
 * The profile that costs least and loses nothing: of those whose picture need not be enlarged for the network the smallest,
 * else the largest there is. One that sends enough frames goes before one that does not, then H.264 before what is
 * harder to decode, then size.
 */
export function chooseProfile(
  profiles: readonly MediaProfile[],
  wanted: WantedPicture,
): MediaProfile | undefined {
  const ranked = profiles.map((profile) => ({ profile, rank: rankOf(profile, wanted) }));
  return ranked.sort((one, other) => compare(one.rank, other.rank))[0]?.profile;
}

/** Lower is better, the first that differs decides. */
function rankOf({ encoding, width, height, fps }: MediaProfile, wanted: WantedPicture): number[] {
  const [w, h] = [width ?? 0, height ?? 0];
  // It is fitted into the input: one side that is large enough is all that is needed.
  const isLarge = w >= wanted.width || h >= wanted.height;
  // One that does not say how fast it is sends what the camera can.
  const isFast = fps === null || fps >= wanted.fps;
  const area = w * h;
  return [isLarge ? 0 : 1, isFast ? 0 : 1, encoding === 'H264' ? 0 : 1, isLarge ? area : -area, -(fps ?? 0)];
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : (one[at] as number) - (other[at] as number);
}
