import t from 'tap';
import { cocoSigmas } from '../../src/pose/coco-sigmas.js';
import { skeletons } from '../../src/pose/skeletons.js';
import { KeypointOrder } from '../../src/validate/keypoint-order.js';

t.test('COCO’s keypoints are found in the skeletons that have them', async (t) => {
  const names = Object.keys(cocoSigmas);
  for (const model of ['openpose18', 'blazepose33'] as const) {
    const { keypoints } = skeletons[model];
    const order = new KeypointOrder(names, { model, keypoints });
    const person = { keypoints: keypoints.map((_, k) => ({ x: k, y: 100 + k, score: 0.5 })) };
    const flat = order.flat(person);
    t.same(order.sigmas, Object.values(cocoSigmas));
    for (const [index, name] of names.entries()) {
      const k = keypoints.indexOf(name);
      t.same(flat.slice(3 * index, 3 * index + 3), [k, 100 + k, 2], `${model}: ${name}`);
    }
  }
});

t.test('a keypoint that was not seen is 0, 0, 0', async (t) => {
  const order = new KeypointOrder(['left_eye', 'nose'], { model: 'm', keypoints: ['nose', 'left_eye'] });
  t.same(order.flat({ keypoints: [null, { x: 3, y: 4, score: 1 }] }), [3, 4, 2, 0, 0, 0]);
});

t.test('all that is missing is named at once', async (t) => {
  const keypoints = ['nose', 'neck'];
  t.throws(() => new KeypointOrder(['nose', 'neck', 'left_eye', 'tail'], { model: 'm', keypoints }), {
    code: 'KEYPOINTS_UNMATCHED',
    message: 'm does not give left_eye, tail; COCO has no sigma for neck, tail',
  });
});
