import type { Material } from './shape.js';
import { type Vec3, vec } from './vector.js';

export type Hair = 'short' | 'bob' | 'bun' | 'bald';

/** What a mannequin looks like. */
export interface Look {
  /** Metres. */
  readonly height: number;
  /** Girth against an average body. */
  readonly build: number;
  readonly hairstyle: Hair;
  readonly beard: boolean;
  readonly skin: Material;
  readonly hair: Material;
  readonly shirt: Material;
  readonly trousers: Material;
  readonly shoes: Material;
}

/** A material from the colour's usual notation (`#rrggbb`, gamma-coded). */
export function material(colour: string, shine = 0, stripes?: { colour: string; period: number }): Material {
  const plain = { colour: linear(colour), shine };
  if (stripes === undefined) return plain;
  return { ...plain, stripes: { colour: linear(stripes.colour), period: stripes.period } };
}

/** Linear light of an sRGB colour (IEC 61966-2-1). */
export function linear(colour: string): Vec3 {
  const channel = (at: number): number => {
    const coded = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return coded <= 0.04045 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4;
  };
  return vec(channel(1), channel(3), channel(5));
}

export const LOOKS: readonly Look[] = [
  {
    height: 1.76,
    build: 1,
    hairstyle: 'short',
    beard: false,
    skin: material('#d9a07c', 0.08),
    hair: material('#3a2618', 0.12),
    shirt: material('#c8452f'),
    trousers: material('#2f4468'),
    shoes: material('#e8e6e0', 0.05),
  },
  {
    height: 1.66,
    build: 0.92,
    hairstyle: 'bun',
    beard: false,
    skin: material('#8a5638', 0.1),
    hair: material('#171210', 0.15),
    shirt: material('#f0e9d8', 0, { colour: '#2c5d7c', period: 0.09 }),
    trousers: material('#3b3f45'),
    shoes: material('#b5482f', 0.1),
  },
  {
    height: 1.82,
    build: 1.06,
    hairstyle: 'short',
    beard: true,
    skin: material('#e3b394', 0.08),
    hair: material('#7a4a22', 0.1),
    shirt: material('#2f7d6b'),
    trousers: material('#8c7a5c'),
    shoes: material('#4a3020', 0.12),
  },
  {
    height: 1.63,
    build: 0.9,
    hairstyle: 'bob',
    beard: false,
    skin: material('#e6bda0', 0.08),
    hair: material('#9c6a34', 0.18),
    shirt: material('#e2b13c'),
    trousers: material('#4b3a55'),
    shoes: material('#2b2b2e', 0.12),
  },
  {
    height: 1.72,
    build: 1.02,
    hairstyle: 'bald',
    beard: true,
    skin: material('#6b4229', 0.12),
    hair: material('#14100e', 0.08),
    shirt: material('#8fb3d9'),
    trousers: material('#23262c'),
    shoes: material('#d8d4ca', 0.08),
  },
  {
    height: 1.7,
    build: 0.97,
    hairstyle: 'short',
    beard: false,
    skin: material('#c68d66', 0.08),
    hair: material('#8d8a86', 0.1),
    shirt: material('#7a4f8f', 0, { colour: '#c9b3d6', period: 0.16 }),
    trousers: material('#5a6b46'),
    shoes: material('#33302c', 0.1),
  },
];
