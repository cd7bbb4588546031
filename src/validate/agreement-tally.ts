import type { Instance } from '../pose/instance.js';
import { type FlatKeypoints, oks } from '../pose/oks.js';
import { evaluateKeypoints, type KeypointFigures } from './evaluate-keypoints.js';
import type { KeypointOrder } from './keypoint-order.js';
import { matchPeople } from './match-people.js';
import type { EvaluatedPicture, TruePerson } from './match-picture.js';
import { quantile } from './quantile.js';

/** How far one model sees what another sees. */
export interface AgreementFigures {
  /** AP with the other model's people as ground truth, in [0, 1]; null where it saw nobody. */
  agreement: number | null;
  /** Pictures or frames. */
  pictures: number;
  people: {
    /** Seen by the model, and by the other one. */
    seen: number;
    reference: number;
    /** Pairs of OKS 0.5 and more, the most alike first. */
    matched: number;
    /** matched of reference. */
    found_share: number | null;
  };
  /** Mean of the pairs. */
  oks_mean: number | null;
  /** Between the two places of a keypoint that both see, over the pairs, px of the picture. */
  displacement_px: { median: number | null; p95: number | null; keypoints: number };
  figures: KeypointFigures;
}

/** Least OKS of two people who are taken for one, as in AP50. */
const leastOks = 0.5;

/** Gathers what two models see in the same pictures. */
export class AgreementTally {
  readonly #order: KeypointOrder;
  readonly #referenceOrder: KeypointOrder;
  readonly #pictures: EvaluatedPicture[] = [];
  readonly #displacements: number[] = [];
  #oksSum = 0;
  #matched = 0;

  /** Both orders are of the same keypoints. */
  constructor(order: KeypointOrder, referenceOrder: KeypointOrder) {
    this.#order = order;
    this.#referenceOrder = referenceOrder;
  }

  /** Of one picture: people whom the model sees, and people whom the other one sees. */
  add(seen: readonly (Instance & { rawScore: number })[], reference: readonly Instance[]): void {
    const truth = reference.map((person) => asTruth(this.#referenceOrder.flat(person)));
    const found = seen.map((person) => ({ keypoints: this.#order.flat(person), score: person.rawScore }));
    this.#pictures.push({ id: this.#pictures.length, truth, found });
    const counted = truth.filter(({ ignored }) => !ignored);
    const similarity = found.map(({ keypoints }) =>
      counted.map((person) => oks(person, keypoints, this.#order.sigmas)),
    );
    for (const pair of matchPeople(similarity, leastOks)) {
      this.#matched++;
      this.#oksSum += pair.oks;
      const ours = found[pair.first]?.keypoints ?? [];
      const theirs = counted[pair.second]?.keypoints ?? [];
      this.#displacements.push(...displacements(ours, theirs));
    }
  }

  figures(): AgreementFigures {
    const figures = evaluateKeypoints(this.#pictures, this.#order.sigmas);
    const seen = this.#pictures.flatMap(({ found }) => found).length;
    const reference = this.#pictures.flatMap(({ truth }) => truth).filter(({ ignored }) => !ignored).length;
    const matched = this.#matched;
    return {
      agreement: figures.ap,
      pictures: this.#pictures.length,
      people: { seen, reference, matched, found_share: reference === 0 ? null : matched / reference },
      oks_mean: matched === 0 ? null : this.#oksSum / matched,
      displacement_px: {
        median: quantile(this.#displacements, 0.5),
        p95: quantile(this.#displacements, 0.95),
        keypoints: this.#displacements.length,
      },
      figures,
    };
  }
}

/** Somebody whose keypoints span no area (one keypoint, or all in a line) has no size to measure distances by. */
function asTruth(keypoints: FlatKeypoints): TruePerson {
  const present = points(keypoints).filter(({ there }) => there);
  const xs = present.map(({ x }) => x);
  const ys = present.map(({ y }) => y);
  if (present.length === 0) return { keypoints, box: [0, 0, 0, 0], area: 0, ignored: true, crowd: false };
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const area = width * height;
  return { keypoints, box: [left, top, width, height], area, ignored: area === 0, crowd: false };
}

function displacements(ours: FlatKeypoints, theirs: FlatKeypoints): number[] {
  const other = points(theirs);
  return points(ours).flatMap(({ x, y, there }, k) => {
    const to = other[k];
    return there && to?.there ? [Math.hypot(x - to.x, y - to.y)] : [];
  });
}

function points(keypoints: FlatKeypoints): { x: number; y: number; there: boolean }[] {
  return Array.from({ length: keypoints.length / 3 }, (_, k) => ({
    x: keypoints[3 * k] as number,
    y: keypoints[3 * k + 1] as number,
    there: (keypoints[3 * k + 2] as number) > 0,
  }));
}
