import { types } from 'node:util';
import fc from 'fast-check';

/** What a getter or a proxy of these throws; it may come out of a call as it is. */
export class PlantedError extends Error {
  constructor() {
    super('planted');
  }
}

/** The types of Node know it not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } };
};

function planted(): never {
  throw new PlantedError();
}

/** Buffers that a getter takes away while native code reads its arguments. */
export type Detachable = Set<ArrayBuffer>;

function detachAll(buffers: Detachable): void {
  for (const buffer of buffers) {
    if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] });
  }
}

function detached<T extends ArrayBufferView>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

/** One that can shrink later; where Node has none, a plain one. */
function resizable(bytes: number): ArrayBuffer {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
  return new Resizable(bytes, { maxByteLength: 2 * bytes });
}

const numbers = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  -1,
  1,
  2,
  0.5,
  5e-324,
  65_535,
  65_537,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53,
  1e308,
];

const texts = ['', 'x', '\0', 'a\0b', '\ud800', '../..', '%n%s', '__proto__', 'é'.repeat(70_000)];

/** Makes a value that nobody should pass; `instead` is what stood there, `buffers` those that may be taken away. */
type Make = (instead: unknown, buffers: Detachable) => unknown;

/** By name, so that a failing case can be read and repeated. */
export const hostileValues: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    numbers.map((value) => [`number ${Object.is(value, -0) ? '-0' : value}`, () => value]),
  ),
  ...Object.fromEntries(texts.map((value) => [`text ${JSON.stringify(value).slice(0, 12)}`, () => value])),
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  bigint: () => 2n ** 70n,
  symbol: () => Symbol('x'),
  function: () => () => 1,
  'throwing function': () => planted,
  class: () => class {},
  'empty object': () => ({}),
  'empty array': () => [],
  'array of itself': () => {
    const array: unknown[] = [];
    array.push(array);
    return array;
  },
  'sparse array': () => {
    const array: unknown[] = [];
    array.length = 2 ** 32 - 1;
    return array;
  },
  'long array': () => new Array(100_000).fill(1),
  'array of objects': () => [{}, {}, {}],
  'no prototype': (instead) => Object.assign(Object.create(null), instead),
  'as prototype': (instead) => Object.create(Object(instead)),
  'boxed number': () => Object(3),
  'boxed text': () => Object('x'),
  'valueOf throws': () => ({ valueOf: planted, toString: planted, [Symbol.toPrimitive]: planted }),
  'getters throw': (instead) =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        Object.keys(Object(instead)).map((key) => [key, { get: planted, enumerable: true }]),
      ),
    ),
  'getters change': (instead) => changing(instead),
  'getters detach': (instead, buffers) => detaching(instead, buffers),
  proxy: (instead) => new Proxy(Object(instead), {}),
  'throwing proxy': (instead) => new Proxy(Object(instead), { get: planted, has: planted, ownKeys: planted }),
  'revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  promise: () => Promise.resolve(1),
  thenable: () => Object.defineProperty({}, 'then', { get: planted }),
  date: () => new Date(Number.NaN),
  map: () => new Map(),
  error: () => new Error('x'),
  'global object': () => globalThis,
  uint8: () => new Uint8Array(48),
  'uint8 of nothing': () => new Uint8Array(0),
  'uint8, a byte short': (instead) => new Uint8Array(Math.max(lengthOf(instead) - 1, 0)),
  'uint8, a byte long': (instead) => new Uint8Array(lengthOf(instead) + 1),
  'uint8, detached': (instead) => detached(new Uint8Array(lengthOf(instead))),
  'uint8, shared': (instead) => new Uint8Array(new SharedArrayBuffer(lengthOf(instead))),
  'uint8, resizable': (instead) => new Uint8Array(resizable(lengthOf(instead))),
  'uint8, out of bounds': (instead) => {
    const buffer = resizable(lengthOf(instead) + 8);
    const view = new Uint8Array(buffer, 4, lengthOf(instead));
    (buffer as unknown as { resize?(bytes: number): void }).resize?.(1);
    return view;
  },
  'uint8 of WebAssembly': () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer),
  'uint8, length overridden': (instead) =>
    Object.defineProperty(new Uint8Array(4), 'length', { value: lengthOf(instead) }),
  'uint8 clamped': (instead) => new Uint8ClampedArray(lengthOf(instead)),
  buffer: (instead) => Buffer.alloc(lengthOf(instead)),
  'buffer of the pool': () => Buffer.from('abc'),
  int8: (instead) => new Int8Array(lengthOf(instead)),
  float32: () => new Float32Array(64),
  'float32 of nothing': () => new Float32Array(0),
  'float32, one short': (instead) => new Float32Array(Math.max(lengthOf(instead) - 1, 0)),
  'float32, detached': (instead) => detached(new Float32Array(lengthOf(instead))),
  'float32, shared': (instead) => new Float32Array(new SharedArrayBuffer(4 * lengthOf(instead))),
  'float32 of NaN': (instead) => new Float32Array(lengthOf(instead)).fill(Number.NaN),
  'float32 of infinity': (instead) => new Float32Array(lengthOf(instead)).fill(Number.POSITIVE_INFINITY),
  float64: (instead) => new Float64Array(lengthOf(instead)),
  bigint64: (instead) => new BigInt64Array(lengthOf(instead)),
  'array buffer': () => new ArrayBuffer(64),
  'shared array buffer': () => new SharedArrayBuffer(64),
  'data view': () => new DataView(new ArrayBuffer(64)),
  'prototype of a typed array': () => Float32Array.prototype,
  'object that says it is a typed array': () => Object.create(Float32Array.prototype),
  'array that becomes shorter': (instead) => shrinking(instead),
};

function lengthOf(value: unknown): number {
  return ArrayBuffer.isView(value) ? value.byteLength / (value instanceof Float32Array ? 4 : 1) : 16;
}

/** Every property is right the first time and something else afterwards. */
function changing(instead: unknown): object {
  const result = Array.isArray(instead) ? [] : {};
  for (const [key, value] of Object.entries(Object(instead))) {
    let asked = 0;
    Object.defineProperty(result, key, { get: () => (asked++ === 0 ? value : {}), enumerable: true });
  }
  return result;
}

/** Every property is right, and takes all memory away when it is asked for. */
function detaching(instead: unknown, buffers: Detachable): object {
  const result = Array.isArray(instead) ? [] : {};
  for (const [key, value] of Object.entries(Object(instead))) {
    const get = (): unknown => {
      detachAll(buffers);
      return value;
    };
    Object.defineProperty(result, key, { get, enumerable: true });
  }
  return result;
}

function shrinking(instead: unknown): unknown[] {
  const array: unknown[] = Array.isArray(instead) ? [...instead] : [1, 2, 3];
  const first = array[0];
  Object.defineProperty(array, 0, {
    get: () => {
      array.length = 1;
      return first;
    },
  });
  return array;
}

/** Where an argument is changed, by fractions of what is there, and the name of what comes in its place. */
export interface Change {
  path: readonly number[];
  value: string;
}

export const anyChange: fc.Arbitrary<Change> = fc.record({
  path: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
    minLength: 1,
    maxLength: 4,
  }),
  value: fc.constantFrom(...Object.keys(hostileValues)),
});

/** A copy of what a call takes, with memory of its own. */
export function copied<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return (value as unknown as { slice(): T }).slice();
  if (Array.isArray(value)) return value.map(copied) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)])) as T;
}

function collectBuffers(value: unknown, into: Detachable): void {
  if (ArrayBuffer.isView(value)) into.add(value.buffer as ArrayBuffer);
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collectBuffers(inner, into);
  }
}

/** Puts hostile values into the arguments of a call; says in words where. */
export function spoil(args: unknown[], changes: readonly Change[]): string {
  const buffers: Detachable = new Set();
  collectBuffers(args, buffers);
  return changes.map((change) => spoilOne(args, change, buffers)).join('; ');
}

/** False for a value of an earlier change that minds being looked at: a proxy, or one with getters. */
function isQuiet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  if (types.isProxy(value) || value === globalThis) return false;
  const size = Array.isArray(value) ? value.length : 0;
  if (size > 1000) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(({ get }) => get === undefined);
}

/** An array or object with something in it. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || !isQuiet(value)) return false;
  const isOrdinary = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isOrdinary && Object.keys(value).length > 0;
}

function spoilOne(args: unknown[], { path, value }: Change, buffers: Detachable): string {
  let holder: Record<string, unknown> = args as unknown as Record<string, unknown>;
  const words: string[] = [];
  for (const [depth, fraction] of path.entries()) {
    const keys = Object.getOwnPropertyNames(holder).filter(
      (key) => !Array.isArray(holder) || key !== 'length',
    );
    const key = keys[Math.floor(fraction * keys.length)];
    if (key === undefined) break;
    words.push(key);
    // Asked for without waking the getters of an earlier change.
    const inner = Object.getOwnPropertyDescriptor(holder, key)?.value;
    if (depth + 1 < path.length && isPlain(inner)) {
      holder = inner;
      continue;
    }
    const make = hostileValues[value] as Make;
    Object.defineProperty(holder, key, {
      value: make(isQuiet(inner) ? inner : {}, buffers),
      writable: true,
      enumerable: true,
      configurable: true,
    });
    break;
  }
  return `${words.join('.')} = ${value}`;
}
