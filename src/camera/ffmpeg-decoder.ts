import type { CameraConfig } from '../config/schema.js';

/** Who decodes a stream that FFmpeg reads: `auto`, a graphics unit by VAAPI where one can, and the CPU where not. */
export type FfmpegDecoder = 'auto' | 'software' | 'vaapi';

/** What a camera's configuration says of it; a Jetson's decoder is part of the source. */
export function ffmpegDecoder(decoder: CameraConfig['decoder']): FfmpegDecoder | undefined {
  return decoder === 'jetson' ? undefined : decoder;
}

/** As a capture process is told. On boards of other processors a graphics unit without a driver for VAAPI is the rule. */
export function decoderFor(decoder: FfmpegDecoder = 'auto'): FfmpegDecoder {
  return decoder === 'auto' && process.arch !== 'x64' ? 'software' : decoder;
}
