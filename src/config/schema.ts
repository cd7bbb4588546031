import { z } from 'zod';
import { cameraHostsSection } from './camera-hosts-section.js';
import type { cameraPicture } from './camera-picture.js';
import { cameraSection } from './camera-section.js';
import { controlSection } from './control-section.js';
import { engineDevices } from './engine-devices.js';
import { key } from './key.js';
import { modelSection } from './model-section.js';
import { mqttSection } from './mqtt-section.js';
import { outputSection } from './output-section.js';
import { secretSection } from './secret-section.js';
import { updatesSection } from './updates-section.js';

const poseSection = z
  .strictObject({
    min_score: key(z.number().min(0).max(1).default(0), {
      about: 'People with a lower score are left out of the messages.',
      applies: 'worker',
      examples: [0.3],
    }),
  })
  .prefault({});

const statsSection = z
  .strictObject({
    interval_s: key(z.int().min(1).max(3600).default(10), {
      about: 'Seconds between two messages on the stats topic.',
      applies: 'live',
    }),
  })
  .prefault({});

const logSection = z
  .strictObject({
    level: key(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
      about: 'The least important kind of line that is still logged.',
      applies: 'live',
    }),
  })
  .prefault({});

const keys = z.strictObject({
  device_id: key(
    z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .optional(),
    {
      about:
        'The name of this box in topics; made of the host name and a hash of the machine id where left out.',
      applies: 'agent',
      localOnly: 'always',
      expected: 'a name of lower-case letters, digits and hyphens, at most 64',
      examples: ['hall-3-7f2a9c'],
    },
  ),
  model: modelSection,
  cameras: cameraSection,
  camera_hosts: cameraHostsSection,
  mqtt: mqttSection,
  pose: poseSection,
  output: outputSection,
  stats: statsSection,
  log: logSection,
  control: controlSection,
  secrets: secretSection,
  updates: updatesSection,
  state_dir: key(z.string().min(1).max(4096).optional(), {
    about:
      'Folder for models and everything else that outlives a restart; where left out $STATE_DIRECTORY (set by ' +
      'systemd), else $XDG_STATE_HOME/edge-pose-agent, else ~/.local/state/edge-pose-agent.',
    applies: 'agent',
    localOnly: 'always',
    expected: 'the path of a folder',
    examples: ['/var/lib/edge-pose-agent'],
  }),
});

/** The one schema of the agent's configuration. Keys that it does not name are refused. */
export const configSchema = keys.superRefine(({ model, cameras, secrets }, context) => {
  const devices = model.engine === 'auto' ? undefined : engineDevices[model.engine];
  if (devices !== undefined && model.device !== 'auto' && !devices.pattern.test(model.device)) {
    const expected = `${devices.expected} (model.engine is ${model.engine})`;
    context.addIssue({ code: 'custom', message: expected, path: ['model', 'device'], params: { expected } });
  }
  const expected = 'the name of a secret in `secrets`';
  for (const [index, { password }] of cameras.entries()) {
    if (typeof password !== 'object' || Object.hasOwn(secrets, password.secret)) continue;
    const path = ['cameras', index, 'password', 'secret'];
    context.addIssue({ code: 'custom', message: expected, path, params: { expected } });
  }
});

type Parsed = z.output<typeof configSchema>;

/** A complete configuration: every default filled in, credentials taken out of the broker's URL. */
export type Config = Omit<Parsed, 'device_id' | 'state_dir'> & {
  device_id: string;
  state_dir: string;
  /** No key: true where a remote document names the cameras, which then reach and get less. */
  remote_cameras: boolean;
};

export type CameraConfig = Config['cameras'][number];

/** What is done with a camera's picture before it is looked at. */
export type CameraPictureConfig = Pick<CameraConfig, keyof typeof cameraPicture>;
