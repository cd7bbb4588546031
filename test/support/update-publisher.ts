import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { sealEnvelope } from '../../src/models/envelope.js';
import type { UpdatePolicy } from '../../src/models/install-update.js';
import { type HttpFileServer, whole } from './http-file-server.js';
import { digest, tinyFiles } from './tiny-catalog.js';

const input = {
  height: 256,
  width: 456,
  stride: 8,
  color: 'bgr',
  mean: 0,
  scale: 1,
  resize: 'letterbox-top-left',
};

export interface Draft {
  model?: string;
  version?: number;
  xml?: Buffer;
  bin?: Buffer;
  /** Over the fields of the manifest; null takes one out. */
  change?: Record<string, unknown>;
}

/** Somebody who trains models and signs updates: a key, and a web server for what it signs. */
export class UpdatePublisher {
  readonly privateKey: KeyObject;
  /** Of a device that trusts the key and the server, which is on loopback. */
  readonly policy: UpdatePolicy;
  readonly #server: HttpFileServer;

  constructor(server: HttpFileServer) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    this.privateKey = privateKey;
    this.#server = server;
    this.policy = {
      keys: [{ name: 'release', key: Buffer.from(x, 'base64url').toString('base64') }],
      origins: [{ origin: server.url, allow_private: true }],
    };
  }

  manifest({
    model = 'hall',
    version = 1,
    xml = tinyFiles.xml,
    bin = this.weights(version),
    change,
  }: Draft = {}) {
    const file = (role: string, bytes: Buffer) => ({
      role,
      path: `${model}/${version}/${model}.${role}`,
      bytes: bytes.length,
      sha256: digest(bytes),
      url: `${this.#server.url}/${model}/${version}/${model}.${role}`,
    });
    const manifest = {
      v: 1,
      model,
      version,
      title: 'A model for the hall',
      family: 'openpose',
      skeleton: 'openpose18',
      inputs: { xml: input },
      files: [file('xml', xml), file('bin', bin)],
      expires: '2199-01-01T00:00:00Z',
      ...change,
    };
    return Object.fromEntries(Object.entries(manifest).filter(([, value]) => value !== null));
  }

  /** The weights of a version: no two have the same. */
  weights(version: number): Buffer {
    return Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 31 + version * 7) % 253));
  }

  sign(manifest: unknown, key = 'release'): Buffer {
    const bytes = Buffer.from(JSON.stringify(manifest));
    return Buffer.from(sealEnvelope(bytes, [{ name: key, key: this.privateKey }]));
  }

  envelope(draft: Draft = {}): Buffer {
    return this.sign(this.manifest(draft));
  }

  /** Serves the files and the signed manifest; returns its address. */
  publish(draft: Draft = {}): string {
    const { model = 'hall', version = 1, xml = tinyFiles.xml, bin = this.weights(version) } = draft;
    this.#server.on(`/${model}/${version}/${model}.xml`, whole(xml));
    this.#server.on(`/${model}/${version}/${model}.bin`, whole(bin));
    const path = `/${model}-${version}.json`;
    this.#server.on(path, whole(this.envelope(draft)));
    return `${this.#server.url}${path}`;
  }
}
