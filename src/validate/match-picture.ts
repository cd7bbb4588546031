import { type FlatKeypoints, type OksReference, oks } from '../pose/oks.js';

/** An annotated person. */
export interface TruePerson extends OksReference {
  /** Nobody has to find this person, and whoever does is neither right nor wrong. */
  readonly ignored: boolean;
  /** Stands for a crowd: any number of people may be found in it. */
  readonly crowd: boolean;
}

/** A person that a model found. */
export interface FoundPerson {
  readonly keypoints: FlatKeypoints;
  /** Compared with others' of the same model only. */
  readonly score: number;
}

/** A picture with who is in it and who was found. Keypoints have one order in both. */
export interface EvaluatedPicture {
  readonly id: number;
  readonly truth: readonly TruePerson[];
  readonly found: readonly FoundPerson[];
}

/** Of a person's area, px²; both ends belong to it. */
export type AreaRange = readonly [min: number, max: number];

export type Verdict = 'right' | 'wrong' | 'ignored';

/** Who was found in a picture, seen from one range of areas. */
export interface PictureMatches {
  /** Of those who were found, best first. */
  readonly scores: readonly number[];
  /** At each threshold, in the order of the scores. */
  readonly verdicts: readonly (readonly Verdict[])[];
  /** People who had to be found. */
  readonly wanted: number;
}

export interface MatchOptions {
  /** One a keypoint. */
  readonly sigmas: readonly number[];
  /** Least OKS of a match. */
  readonly thresholds: readonly number[];
  readonly ranges: readonly AreaRange[];
}

/** The people of a picture that count, as in COCO: those with the best scores. */
const maxFound = 20;

/**
 * Matches people as COCO's evaluation does, for each range and threshold by itself: those found come in the order of
 * their scores, and each takes the free person of the highest OKS, one who counts before one who is ignored.
 */
export function matchPicture(picture: EvaluatedPicture, options: MatchOptions): PictureMatches[] {
  const { sigmas, thresholds, ranges } = options;
  const found = picture.found.toSorted((a, b) => b.score - a.score).slice(0, maxFound);
  const similarity = found.map((person) =>
    picture.truth.map((reference) => oks(reference, person.keypoints, sigmas)),
  );
  const areas = found.map((person) => extentArea(person.keypoints));
  return ranges.map((range) => {
    const candidates = picture.truth
      .map((person, index) => ({
        index,
        crowd: person.crowd,
        ignored: person.ignored || isOutside(person.area, range),
      }))
      .sort((a, b) => Number(a.ignored) - Number(b.ignored));
    const verdicts = thresholds.map((threshold) => {
      const taken = new Set<Candidate>();
      return similarity.map((row, person): Verdict => {
        const match = bestCandidate(candidates, taken, row, threshold);
        if (match === undefined) return isOutside(areas[person] as number, range) ? 'ignored' : 'wrong';
        taken.add(match);
        return match.ignored ? 'ignored' : 'right';
      });
    });
    const wanted = candidates.filter(({ ignored }) => !ignored).length;
    return { scores: found.map(({ score }) => score), verdicts, wanted };
  });
}

interface Candidate {
  readonly index: number;
  readonly crowd: boolean;
  readonly ignored: boolean;
}

/** `candidates` has those that count first; `row` is somebody's OKS with each, by index. */
function bestCandidate(
  candidates: readonly Candidate[],
  taken: ReadonlySet<Candidate>,
  row: readonly number[],
  threshold: number,
): Candidate | undefined {
  // A little below 1: two people at the same place match at a threshold of 1, whatever the rounding.
  let least = Math.min(threshold, 1 - 1e-10);
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (taken.has(candidate) && !candidate.crowd) continue;
    if (best !== undefined && !best.ignored && candidate.ignored) break;
    const similarity = row[candidate.index] as number;
    if (similarity < least) continue;
    least = similarity; // of two alike the later one, as in COCO
    best = candidate;
  }
  return best;
}

function isOutside(area: number, [min, max]: AreaRange): boolean {
  return area < min || area > max;
}

/** Of the box around all keypoints, absent ones at 0, 0 among them: COCO measures results so. */
function extentArea(keypoints: FlatKeypoints): number {
  const xs = keypoints.filter((_, index) => index % 3 === 0);
  const ys = keypoints.filter((_, index) => index % 3 === 1);
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
}
