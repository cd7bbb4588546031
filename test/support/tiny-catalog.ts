import { createHash } from 'node:crypto';
import { Catalog } from '../../src/models/catalog.js';

/** Contents of the tiny models' files. */
export const tinyFiles = {
  xml: Buffer.from('<net name="tiny"/>'.repeat(40)),
  bin: Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251)),
  detector: Buffer.from('a detector'),
  landmarks: Buffer.from('landmarks of a body'),
};

export type TinyRole = keyof typeof tinyFiles;

const input = {
  height: 256,
  width: 456,
  stride: 8,
  color: 'bgr',
  mean: 0,
  scale: 1,
  resize: 'letterbox-top-left',
};

/** A catalog of two models: `net`, that is downloaded from `url`, and `packed`, that npm package `tiny` brings. */
export function tinyCatalog(url: string): Catalog {
  const file = (role: TinyRole, path: string, from: object, algorithm = 'sha256') => {
    const bytes = tinyFiles[role].length;
    return { role, path, bytes, [algorithm]: digest(tinyFiles[role], algorithm), ...from };
  };
  const model = (id: string, family: string, files: object[]) => ({
    id,
    title: id,
    family,
    skeleton: family === 'openpose' ? 'openpose18' : 'blazepose33',
    licence: { name: 'Apache-2.0', url: 'https://example.com/licence' },
    inputs: family === 'openpose' ? { xml: input } : { detector: input, landmarks: input },
    default_variant: 'A',
    variants: { A: { files } },
  });
  const npm = (name: string) => ({ npm: { package: 'tiny', file: name } });
  return new Catalog({
    version: 1,
    auto: ['net', 'packed'],
    models: [
      model('net', 'openpose', [
        file('xml', 'net/A/net.xml', { url: `${url}/net.xml` }, 'sha384'),
        file('bin', 'net/A/net.bin', { url: `${url}/net.bin` }),
      ]),
      model('packed', 'blazepose', [
        file('detector', 'packed/A/detector.tflite', npm('assets.data')),
        file('landmarks', 'packed/A/landmarks.tflite', npm('landmarks.tflite')),
      ]),
    ],
  });
}

export function digest(bytes: Buffer, algorithm = 'sha256'): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
