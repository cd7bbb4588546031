import { z } from 'zod';
import { filePath } from '../file-url.js';
import { endpointOf } from '../network/endpoint.js';
import { parseOnvifAddress } from '../network/onvif-address.js';
import { parseSrtAddress } from '../network/srt-address.js';
import { cameraPicture } from './camera-picture.js';
import { key } from './key.js';
import { credential, secretReference } from './secret-section.js';

/** What runs where nothing is configured. */
export const defaultCameras = [{ id: 'cam0', source: 'sample:' }];

const schemes = new Set(['rtsp', 'rtsps', 'http', 'https', 'rtmp', 'rtmps', 'srt', 'onvif', 'file']);

/** True for every form of a source that can be known without touching a device or file. */
function isSource(text: string): boolean {
  if (text.includes('\0') || text.trim() === '') return false;
  if (text.startsWith('csi:')) return /^csi:\d{1,2}(\?.+)?$/.test(text);
  if (text.startsWith('gst:')) return text.slice('gst:'.length).trim() !== '';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text.trim())?.[1]?.toLowerCase();
  if (scheme === undefined) return true;
  if (scheme === 'file') return isFileUrl(text.trim());
  if (!schemes.has(scheme) || endpointOf(text) === undefined) return false;
  if (scheme === 'srt') return parseSrtAddress(text) !== undefined;
  if (scheme === 'onvif') return parseOnvifAddress(text) !== undefined;
  return !scheme.startsWith('rtmp') || !/\s/.test(text.trim());
}

function isFileUrl(text: string): boolean {
  try {
    filePath(text);
    return true;
  } catch {
    return false;
  }
}

/** True where the address itself holds a user or password. */
function hasUserInfo(source: string): boolean {
  if (!URL.canParse(source)) return false;
  const { username, password } = new URL(source);
  return username + password !== '';
}

/** True for addresses that can carry a user and password. */
function takesCredentials(source: string): boolean {
  return /^(rtsps?|https?|rtmps?|onvif):\/\//i.test(source);
}

/** True for streams that FFmpeg's process reads. Files are read by the worker. */
export function isStream(source: string): boolean {
  return /^(rtsps?|https?|rtmps?|srt|onvif):\/\//i.test(source.trim());
}

/** True for streams and files that a Jetson's decoder can be told to take. */
function isEncodedVideo(source: string): boolean {
  return /^(rtsps?|onvif|file):\/\//i.test(source) || !/^(\d{1,3}$|\/dev\/|[a-z][a-z0-9+.-]*:)/i.test(source);
}

const camera = z.strictObject({
  id: key(z.string().regex(/^[a-z0-9-]{1,64}$/), {
    about: "The camera's name in topics and messages.",
    applies: 'cameras',
    expected: 'a name of lower-case letters, digits and hyphens, at most 64',
    examples: ['cam0', 'front-door'],
  }),
  source: key(z.string().min(1).max(8192, { abort: true }).refine(isSource).default('sample:'), {
    about:
      'Where frames come from: sample: (the bundled clip), a V4L2 index or path, an RTSP, HTTP, RTMP or SRT address ' +
      '(HTTP: MJPEG, HLS and whatever else FFmpeg reads), onvif:// and a camera that is asked for its streams, a video file, a picture or folder of pictures, csi:0 (Jetson), or gst: ' +
      'and a GStreamer pipeline. A file:// URL names a file with any character in it; %, ? and # are written %25, %3F and %23.',
    applies: 'cameras',
    localOnly: 'paths-and-pipelines',
    expected:
      'sample:, /dev/video0 or "0", rtsp://…, http(s)://…, rtmp://…, srt://…, onvif://…, a file or folder, csi:0, or gst: and a pipeline',
    examples: [
      'sample:',
      '0',
      '/dev/video0',
      'rtsp://192.0.2.7/stream1',
      'https://192.0.2.7/live/index.m3u8',
      'rtmp://192.0.2.7/live/stream1',
      'srt://192.0.2.7:9000?streamid=stream1',
      'onvif://192.0.2.7/',
      'clip.mp4',
      'file:///media/50%25%20light.mp4',
      'csi:0',
    ],
  }),
  username: key(credential.optional(), {
    about: 'Name to log in with at an RTSP, HTTP, RTMP or ONVIF source.',
    applies: 'cameras',
    expected: 'a text of 1 to 1024 characters on one line',
    examples: ['admin'],
  }),
  password: key(z.union([credential, secretReference]).optional(), {
    about:
      'Password of username; {secret: name} takes it from `secrets`. A remote document may give no other form, and name a ' +
      'secret only for a camera at one of its `hosts`.',
    applies: 'cameras',
    localOnly: 'plain-secrets',
    secret: true,
    expected: 'a text of 1 to 1024 characters on one line, or {secret: name}',
    examples: [{ secret: 'front-door' }],
  }),
  enabled: key(z.boolean().default(true), {
    about: 'false keeps the entry but leaves the camera closed.',
    applies: 'cameras',
  }),
  decoder: key(z.enum(['auto', 'software', 'vaapi', 'jetson']).default('auto'), {
    about:
      'Who decodes the video of a network camera. auto: the graphics unit of an Intel or AMD machine (VAAPI), where its driver can, ' +
      'and FFmpeg on the CPU where not, or where the unit fails. software: the CPU. vaapi: the graphics unit and nothing else. ' +
      'jetson: the hardware of a Jetson and nothing else, for RTSP and ONVIF cameras and files. Other files, and JPEGs over HTTP, are always ' +
      'decoded on the CPU. vaapi and jetson have not run on hardware yet.',
    applies: 'cameras',
  }),
  transport: key(z.enum(['auto', 'tcp', 'udp']).default('auto'), {
    about:
      'How the pictures of an rtsp:// or onvif:// camera come. auto: over TCP, and where the camera refuses that by UDP or multicast. tcp: over ' +
      'TCP alone, as with rtsps:// and decoder: jetson always. udp: by UDP, or multicast where the camera has nothing else. ' +
      'A camera of a remote document is never read by multicast.',
    applies: 'cameras',
  }),
  width: key(z.int().min(16).max(8192).optional(), {
    about:
      'Frame width in pixels to ask a V4L2 camera for; its own where left out. With height, the width to which a Jetson ' +
      'scales CSI cameras and RTSP cameras that its hardware decodes.',
    applies: 'cameras',
    examples: [1280],
  }),
  height: key(z.int().min(16).max(8192).optional(), {
    about: 'Frame height in pixels, as width.',
    applies: 'cameras',
    examples: [720],
  }),
  fps: key(z.number().min(0.1).max(1000).optional(), {
    about:
      'Frames a second to ask a V4L2 camera for; its own where left out. How often an HTTP camera that gives one picture a ' +
      'request (image/jpeg) is asked, where it is as fast as that; 2 where left out. What the profile that is chosen of an ONVIF ' +
      'camera has at least, where one has; 10 where left out.',
    applies: 'cameras',
    examples: [30],
  }),
  timeout_s: key(z.number().min(1).max(600).optional(), {
    about:
      'Seconds that a camera may be silent before it counts as away and is opened anew. Where left out it goes by the ' +
      "camera's pace: three times the longest of its last 16 pauses between pictures, at least 4 and at most 60, and 15 until two pictures came.",
    applies: 'cameras',
    examples: [120],
  }),
  loop: key(z.boolean().default(true), {
    about:
      'Files, picture folders and the sample clip begin again at their end, so that a demonstration goes on; ' +
      'false plays them once.',
    applies: 'cameras',
  }),
  pace: key(z.enum(['realtime', 'max']).default('realtime'), {
    about:
      'Files: realtime plays them at their own speed, newest frame first; max infers every frame, as fast as it can.',
    applies: 'cameras',
  }),
  ...cameraPicture,
});

export const maxCameras = 16;

/** Every camera that the agent reads. */
export const cameraSection = z
  .array(camera)
  .min(1)
  .max(maxCameras)
  .superRefine((cameras, context) => {
    const refuse = (path: [number, string], expected: string) =>
      context.addIssue({ code: 'custom', message: expected, path, params: { expected } });
    const seen = new Set<string>();
    for (const [index, { id, source, username, password, decoder, transport }] of cameras.entries()) {
      if (seen.has(id)) refuse([index, 'id'], 'an id that no other camera has');
      seen.add(id);
      if (decoder === 'jetson' && !isEncodedVideo(source)) {
        refuse(
          [index, 'decoder'],
          'auto or software, because only RTSP and ONVIF sources and files are decoded by a Jetson',
        );
      }
      if (decoder === 'vaapi' && !isStream(source)) {
        refuse([index, 'decoder'], 'auto or software, because only network cameras are decoded by VAAPI');
      }
      if (transport === 'udp' && (decoder === 'jetson' || !/^(rtsp|onvif):\/\//i.test(source.trim()))) {
        refuse(
          [index, 'transport'],
          'auto or tcp, because only rtsp:// and onvif:// sources that FFmpeg decodes come by UDP',
        );
      }
      if (password !== undefined && username === undefined) {
        refuse([index, 'username'], 'a name, because the camera has a password');
      }
      if (username === undefined) continue;
      if (!takesCredentials(source)) {
        refuse([index, 'username'], 'nothing, because only RTSP, HTTP, RTMP and ONVIF sources take a login');
      } else if (hasUserInfo(source)) {
        refuse([index, 'source'], 'an address without user and password, because username is set');
      }
    }
  })
  .prefault(() => structuredClone(defaultCameras));
