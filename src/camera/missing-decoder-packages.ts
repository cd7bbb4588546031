import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What a Jetson needs to decode a network camera in hardware: GStreamer's plugin, and the package that brings it. */
const parts: readonly { readonly plugin: string; readonly package: string }[] = [
  { plugin: 'nvvideo4linux2', package: 'nvidia-l4t-gstreamer' },
  { plugin: 'nvvidconv', package: 'nvidia-l4t-gstreamer' },
  { plugin: 'app', package: 'gstreamer1.0-plugins-base' },
  { plugin: 'playback', package: 'gstreamer1.0-plugins-base' },
  { plugin: 'rtsp', package: 'gstreamer1.0-plugins-good' },
  { plugin: 'rtp', package: 'gstreamer1.0-plugins-good' },
  { plugin: 'rtpmanager', package: 'gstreamer1.0-plugins-good' },
  { plugin: 'videoparsersbad', package: 'gstreamer1.0-plugins-bad' },
];

const folder = 'usr/lib/aarch64-linux-gnu/gstreamer-1.0';

/** The packages that the Jetson below `root` lacks to decode network cameras in hardware; none where all is there. */
export function missingDecoderPackages(root: string): string[] {
  const missing = parts.filter(({ plugin }) => !existsSync(join(root, folder, `libgst${plugin}.so`)));
  return [...new Set(missing.map((part) => part.package))];
}
