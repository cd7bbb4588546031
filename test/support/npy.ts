import { readFileSync } from 'node:fs';

/** Reads a NumPy file (version 1, little-endian float32, C order). */
export function readNpy(path: string): { data: Float32Array; shape: number[] } {
  const bytes = readFileSync(path);
  const headerLength = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerLength);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new Error(`${path}: expected little-endian float32 in C order, found ${header}`);
  }
  const shape = [...(/\(([^)]*)\)/.exec(header)?.[1]?.matchAll(/\d+/g) ?? [])].map(Number);
  const start = bytes.byteOffset + 10 + headerLength;
  return { data: new Float32Array(bytes.buffer.slice(start, bytes.byteOffset + bytes.length)), shape };
}
