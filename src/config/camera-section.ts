import { z } from 'zod';
import { endpointOf } from '../network/endpoint.js';
import { key } from './key.js';
import { credential, secretReference } from './secret-section.js';

/** What runs where nothing is configured. */
export const defaultCameras = [{ id: 'cam0', source: 'sample:' }];

const schemes = new Set(['rtsp', 'rtsps', 'http', 'https', 'file']);

/** True for every form of a source that can be known without touching a device or file. */
function isSource(text: string): boolean {
  if (text.includes('\0') || text.trim() === '') return false;
  if (text.startsWith('csi:')) return /^csi:\d{1,2}(\?.+)?$/.test(text);
  if (text.startsWith('gst:')) return text.slice('gst:'.length).trim() !== '';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return true;
  if (!schemes.has(scheme.toLowerCase()) || !URL.canParse(text)) return false;
  return scheme.toLowerCase() === 'file' || endpointOf(text) !== undefined;
}

/** True where the address itself holds a user or password. */
function hasUserInfo(source: string): boolean {
  if (!URL.canParse(source)) return false;
  const { username, password } = new URL(source);
  return username + password !== '';
}

/** True for addresses that can carry a user and password. */
function takesCredentials(source: string): boolean {
  return /^(rtsps?|https?):\/\//i.test(source);
}

/** True for streams and files that a Jetson's decoder can be told to take. */
function isEncodedVideo(source: string): boolean {
  return /^(rtsps?|file):\/\//i.test(source) || !/^(\d{1,3}$|\/dev\/|[a-z][a-z0-9+.-]*:)/i.test(source);
}

const camera = z.strictObject({
  id: key(z.string().regex(/^[a-z0-9-]{1,64}$/), {
    about: "The camera's name in topics and messages.",
    applies: 'worker',
    expected: 'a name of lower-case letters, digits and hyphens, at most 64',
    examples: ['cam0', 'front-door'],
  }),
  source: key(z.string().min(1).max(8192, { abort: true }).refine(isSource).default('sample:'), {
    about:
      'Where frames come from: sample: (the bundled clip), a V4L2 index or path, an RTSP or HTTP address, a video ' +
      'file, a picture or folder of pictures, csi:0 (Jetson), or gst: and a GStreamer pipeline.',
    applies: 'worker',
    localOnly: 'paths-and-pipelines',
    expected:
      'sample:, /dev/video0 or "0", rtsp://…, http(s)://…, a file or folder, csi:0, or gst: and a pipeline',
    examples: ['sample:', '0', '/dev/video0', 'rtsp://192.0.2.7/stream1', 'clip.mp4', 'csi:0'],
  }),
  username: key(credential.optional(), {
    about: 'Name to log in with at an RTSP or HTTP source.',
    applies: 'worker',
    expected: 'a text of 1 to 1024 characters on one line',
    examples: ['admin'],
  }),
  password: key(z.union([credential, secretReference]).optional(), {
    about:
      'Password of username; {secret: name} takes it from `secrets`. A remote document may give no other form, and name a ' +
      'secret only for a camera at one of its `hosts`.',
    applies: 'worker',
    localOnly: 'plain-secrets',
    secret: true,
    expected: 'a text of 1 to 1024 characters on one line, or {secret: name}',
    examples: [{ secret: 'front-door' }],
  }),
  enabled: key(z.boolean().default(true), {
    about: 'false keeps the entry but leaves the camera closed.',
    applies: 'worker',
  }),
  decoder: key(z.enum(['software', 'jetson']).default('software'), {
    about:
      'Who decodes the video of an RTSP camera or a file: software is FFmpeg on the CPU, jetson the hardware of a Jetson ' +
      'and nothing else. jetson has not run on hardware yet.',
    applies: 'worker',
  }),
  width: key(z.int().min(16).max(8192).optional(), {
    about:
      'Frame width in pixels to ask a V4L2 camera for; its own where left out. With height, the width to which a Jetson ' +
      'scales CSI cameras and RTSP cameras that its hardware decodes.',
    applies: 'worker',
    examples: [1280],
  }),
  height: key(z.int().min(16).max(8192).optional(), {
    about: 'Frame height in pixels, as width.',
    applies: 'worker',
    examples: [720],
  }),
  fps: key(z.number().min(0.1).max(1000).optional(), {
    about: 'Frames a second to ask the camera for; its own where left out.',
    applies: 'worker',
    examples: [30],
  }),
  loop: key(z.boolean().default(true), {
    about:
      'Files, picture folders and the sample clip begin again at their end, so that a demonstration goes on; ' +
      'false plays them once.',
    applies: 'worker',
  }),
  pace: key(z.enum(['realtime', 'max']).default('realtime'), {
    about:
      'Files: realtime plays them at their own speed, newest frame first; max infers every frame, as fast as it can.',
    applies: 'worker',
  }),
});

/** Every camera that the agent reads. */
export const cameraSection = z
  .array(camera)
  .min(1)
  .max(16)
  .superRefine((cameras, context) => {
    const refuse = (path: [number, string], expected: string) =>
      context.addIssue({ code: 'custom', message: expected, path, params: { expected } });
    const seen = new Set<string>();
    for (const [index, { id, source, username, password, decoder }] of cameras.entries()) {
      if (seen.has(id)) refuse([index, 'id'], 'an id that no other camera has');
      seen.add(id);
      if (decoder === 'jetson' && !isEncodedVideo(source)) {
        refuse([index, 'decoder'], 'software, because only RTSP sources and files are decoded by a Jetson');
      }
      if (password !== undefined && username === undefined) {
        refuse([index, 'username'], 'a name, because the camera has a password');
      }
      if (username === undefined) continue;
      if (!takesCredentials(source)) {
        refuse([index, 'username'], 'nothing, because only RTSP and HTTP sources take a login');
      } else if (hasUserInfo(source)) {
        refuse([index, 'source'], 'an address without user and password, because username is set');
      }
    }
  })
  .prefault(() => structuredClone(defaultCameras));
