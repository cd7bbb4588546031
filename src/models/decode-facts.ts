import { z } from 'zod';
import { type DecoderFamily, type DecodeSettings, decodeOptions } from './decode-options.js';

/** The decoder's options as a manifest writes them, in snake_case like its other keys; with nothing left out. */
export function readDecodeFacts<Family extends DecoderFamily>(
  family: Family,
  facts: Readonly<Record<string, unknown>> = {},
): z.ZodSafeParseResult<DecodeSettings[Family]> {
  const shape: Record<string, z.ZodType> = decodeOptions[family].shape;
  const spelled = Object.keys(shape).map((name) => [snakeCase(name), name] as const);
  const schema = z
    .strictObject(Object.fromEntries(spelled.map(([snake, name]) => [snake, shape[name] as z.ZodType])))
    .transform((values) => Object.fromEntries(spelled.map(([snake, name]) => [name, values[snake]])));
  return schema.safeParse(facts) as z.ZodSafeParseResult<DecodeSettings[Family]>;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
