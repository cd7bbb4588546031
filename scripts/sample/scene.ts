import { crowd } from './crowd.js';
import { LOOKS } from './look.js';
import type { Person } from './person.js';
import { randomSequence, shuffled } from './random.js';
import { STORY } from './story.js';

export interface SceneOptions {
  readonly seed: number;
  readonly seconds: number;
  /** undefined: the story of the sample clip. */
  readonly people: number | undefined;
}

/** Who is in the clip. The seed chooses how they look, and what a crowd does. */
export function sceneOf({ seed, seconds, people }: SceneOptions): Person[] {
  const random = randomSequence(seed);
  const looks = shuffled(LOOKS, random);
  const actions = people === undefined ? STORY : crowd({ count: people, seconds, random });
  return actions.map((action, id) => {
    const look = looks[id % looks.length];
    if (look === undefined) throw new RangeError('scene: no looks');
    return { id, look, action };
  });
}
