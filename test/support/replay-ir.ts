import type { ReplayModel } from './replay-model.js';

interface Port {
  precision: 'FP32' | 'I64';
  shape: readonly number[];
}

interface Layer {
  type: string;
  name: string;
  /** Attributes of the layer's `data`. */
  data?: Readonly<Record<string, string | number | boolean>>;
  /** Layers whose output is taken, by their index. */
  inputs?: readonly number[];
  output?: Port;
}

const elementTypes = { FP32: 'f32', I64: 'i64' } as const;

/** The two halves of an OpenVINO IR (version 11) whose outputs are `constant + 0 * min(input)`. */
export function replayIr({ name, input, outputs }: Omit<ReplayModel, 'folder' | 'format'>): {
  xml: string;
  bin: Uint8Array;
} {
  const network = new IrNetwork();
  const picture = [input.batch, 3, input.height, input.width];
  const shown = network.add({
    type: 'Parameter',
    name: 'picture',
    data: { shape: picture.join(), element_type: 'f32' },
    output: { precision: 'FP32', shape: picture },
  });
  const axes = network.constant('axes', { precision: 'I64', shape: [4] }, BigInt64Array.of(0n, 1n, 2n, 3n));
  const scalar: Port = { precision: 'FP32', shape: [] };
  const least = network.add({
    type: 'ReduceMin',
    name: 'least',
    data: { keep_dims: false },
    inputs: [shown, axes],
    output: scalar,
  });
  const zero = network.constant('zero', scalar, new Float32Array(1));
  const broadcast = { auto_broadcast: 'numpy' };
  const nothing = network.add({
    type: 'Multiply',
    name: 'nothing',
    data: broadcast,
    inputs: [least, zero],
    output: scalar,
  });
  for (const { name, shape, data } of outputs) {
    const port: Port = { precision: 'FP32', shape };
    const constant = network.constant(`${name}/data`, port, data);
    const inputs = [constant, nothing];
    const sum = network.add({ type: 'Add', name, data: broadcast, inputs, output: port });
    network.add({ type: 'Result', name: `${name}/result`, inputs: [sum] });
  }
  return { xml: network.xml(name), bin: network.weights() };
}

/** Layers in the order of their making; each has at most one output. */
class IrNetwork {
  readonly #layers: Layer[] = [];
  readonly #weights: Uint8Array[] = [];
  #size = 0;

  /** Index of the new layer. */
  add(layer: Layer): number {
    return this.#layers.push(layer) - 1;
  }

  constant(name: string, output: Port, values: Float32Array | BigInt64Array): number {
    const offset = this.#size;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    // The next constant begins at a multiple of 64, as runtimes that map the file like it.
    const padding = new Uint8Array((64 - (bytes.length % 64)) % 64);
    this.#weights.push(bytes, padding);
    this.#size += bytes.length + padding.length;
    const element_type = elementTypes[output.precision];
    const data = { element_type, shape: output.shape.join(), offset, size: bytes.length };
    return this.add({ type: 'Const', name, data, output });
  }

  weights(): Uint8Array {
    return Buffer.concat(this.#weights);
  }

  xml(name: string): string {
    const edges = this.#layers.flatMap(({ inputs = [] }, to) =>
      inputs.map(
        (from, port) =>
          `<edge from-layer="${from}" from-port="${this.#outputPort(from)}" to-layer="${to}" to-port="${port}"/>`,
      ),
    );
    const layers = this.#layers.map((_, index) => this.#layerXml(index));
    return [
      '<?xml version="1.0"?>',
      `<net name="${name}" version="11">`,
      '<layers>',
      ...layers,
      '</layers>',
      '<edges>',
      ...edges,
      '</edges>',
      '</net>',
      '',
    ].join('\n');
  }

  #layerXml(index: number): string {
    const { type, name, data = {}, inputs = [], output } = this.#layers[index] as Layer;
    const attributes = Object.entries(data).map(([key, value]) => ` ${key}="${value}"`);
    const ports = inputs.map((from, port) => portXml(port, this.#layers[from]?.output as Port));
    return [
      `<layer id="${index}" name="${name}" type="${type}" version="opset1">`,
      attributes.length > 0 ? `<data${attributes.join('')}/>` : '',
      ports.length > 0 ? `<input>${ports.join('')}</input>` : '',
      output ? `<output>${portXml(this.#outputPort(index), output, name)}</output>` : '',
      '</layer>',
    ].join('');
  }

  /** Ports of a layer are counted through: inputs first. */
  #outputPort(index: number): number {
    return this.#layers[index]?.inputs?.length ?? 0;
  }
}

function portXml(id: number, { precision, shape }: Port, name?: string): string {
  const names = name === undefined ? '' : ` names="${name}"`;
  const dims = shape.map((size) => `<dim>${size}</dim>`).join('');
  return `<port id="${id}" precision="${precision}"${names}>${dims}</port>`;
}
