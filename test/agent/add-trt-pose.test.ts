import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import type { NamedTensor } from '../../src/index.js';
import type { OwnManifest } from '../../src/models/own-manifest.js';
import { refusal, setUpOwnModels } from '../support/add-own-model.js';
import { codeBlocks } from '../support/markdown.js';
import { emptyTensor } from '../support/own-model.js';
import { writeReplayModel } from '../support/replay-model.js';

// Models are opened: slow beside other tests.
t.setTimeout(300_000);

type Link = [number, number, number, number];
type Example = OwnManifest & {
  model: string;
  inputs: { xml: { height: number } };
  decode: { links?: Link[] };
};

/** The manifests in docs/models.md. */
const docs = readFileSync(resolve(import.meta.dirname, '../../docs/models.md'), 'utf8');
const examples = codeBlocks(docs)
  .filter(({ language, text }) => language === 'json' && text.includes('"trt-pose"'))
  .map(({ text }) => JSON.parse(text) as Example);
const [resnet, densenet, hand] = examples as [Example, Example, Example];

/** Maps of nobody, or of one whose keypoints are strewn over the picture, with every field pointing along its link. */
function outputsOf(
  names: [string, string],
  size: number,
  keypoints: number,
  links: readonly Link[],
): NamedTensor[] {
  const cells = size / 4;
  const area = cells * cells;
  const cmap = emptyTensor(names[0], [1, keypoints, cells, cells]);
  const paf = emptyTensor(names[1], [1, links.length * 2 || 42, cells, cells]);
  const cellOf = (keypoint: number) => [4 + ((keypoint * 17) % 48), 4 + ((keypoint * 29) % 47)] as const;
  for (const [y, x, from, to] of links) {
    const [start, end] = [cellOf(from), cellOf(to)];
    const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
    paf.data.fill((end[0] - start[0]) / length, y * area, (y + 1) * area);
    paf.data.fill((end[1] - start[1]) / length, x * area, (x + 1) * area);
  }
  for (let keypoint = 0; links.length > 0 && keypoint < keypoints; keypoint++) {
    const [row, column] = cellOf(keypoint);
    cmap.data[keypoint * area + row * cells + column] = 0.8;
  }
  return [cmap, paf];
}

function write(folder: string, name: string, size: number, outputs: NamedTensor[]): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const input = { batch: 1, height: size, width: size };
  return writeReplayModel({ folder, name, format: 'onnx', input, outputs });
}

t.test('bodies are told by their outputs, as the documentation has them', async (t) => {
  const { models, add, resolve: installed } = setUpOwnModels(t);
  for (const { model, files, inputs, ...facts } of [resnet, densenet]) {
    const size = inputs.xml.height;
    const name = files?.[0]?.path.replace(/\.onnx$/, '') as string;
    const path = await write(models, name, size, outputsOf(['cmap', 'paf'], size, 18, []));
    const { manifest, ...result } = await add({ path, name: model });
    t.match(result, { name: model, proposed: true, installed: true, trial: { people: 0 } });
    t.strictSame(
      { ...facts, inputs },
      {
        family: manifest.family,
        skeleton: manifest.skeleton,
        inputs: manifest.inputs,
        outputs: manifest.outputs,
        decode: manifest.decode,
      },
      model,
    );
    t.match(await installed(model), { family: 'trt-pose' });
  }
});

t.test('outputs that are numbers, links first', async (t) => {
  const { models, add } = setUpOwnModels(t);
  const [cmap, paf] = outputsOf(['1217', '1182'], 224, 18, []) as [NamedTensor, NamedTensor];
  const path = await write(models, 'resnet18_baseline_att_224x224_A', 224, [paf, cmap]);
  t.match(await add({ path }), {
    installed: true,
    manifest: { skeleton: 'trt_pose18', outputs: { cmap: '1217', paf: '1182' }, inputs: resnet.inputs },
  });
});

t.test('a hand is asked for, and found as its manifest says', async (t) => {
  const { models, add, resolve: installed } = setUpOwnModels(t);
  const links = hand.decode.links as Link[];
  const path = await write(models, 'pose_resnet18_hand', 224, outputsOf(['cmap', 'paf'], 224, 21, links));
  t.match(
    await refusal(add({ path })),
    /^MODEL_UNDECIDED .*cmap \[1, 21, 56, 56\], paf \[1, 40, 56, 56\].*skeleton and decode\.links/,
  );
  t.match(await refusal(add({ path, family: 'trt-pose' })), /MODEL_UNDECIDED .*decode\.links of a manifest/);

  const described = async (changes: object) => {
    const manifest = join(models, 'hand.json');
    writeFileSync(manifest, JSON.stringify({ ...hand, ...changes }));
    return add({ path, manifest, force: true });
  };
  t.match(await described({}), {
    name: 'resnet18-hand',
    proposed: false,
    installed: true,
    trial: { people: 1 },
  });
  t.match(await installed('resnet18-hand'), { skeleton: { name: 'hand21', keypoints: { length: 21 } } });

  const without = { ...hand.decode, links: undefined };
  t.match(
    await refusal(described({ decode: without })),
    /^MODEL_SHAPE_MISMATCH .*trt_pose decoder: paf/,
    'fields of 21 links are not those of a hand',
  );
  const backwards = links.map(([y, x, from, to]) => [y, x, to, from]);
  const { trial } = await described({ decode: { ...hand.decode, links: backwards } });
  t.equal(trial?.people, 21, 'against their fields nothing is linked');
});
