import type { Attack } from './attack.js';
import { cameraAnswers } from './attacks/camera-answers.js';
import { cameraProcesses } from './attacks/camera-processes.js';
import { damagedCache } from './attacks/damaged-cache.js';
import { embeddedBroker } from './attacks/embedded-broker.js';
import { foreignSecret } from './attacks/foreign-secret.js';
import { hugeRetained } from './attacks/huge-retained.js';
import { innerAddresses } from './attacks/inner-addresses.js';
import { inputCost } from './attacks/input-cost.js';
import { oldBroker } from './attacks/old-broker.js';
import { rotatedPassword } from './attacks/rotated-password.js';
import { unprovenCamera } from './attacks/unproven-camera.js';
import { unwritableRollback } from './attacks/unwritable-rollback.js';
import { versionLockout } from './attacks/version-lockout.js';
import { workerEnvironment } from './attacks/worker-environment.js';

/** Every attack by its name on the command line, in the order of the table. */
export const attacks: Readonly<Record<string, Attack>> = {
  foreign_secret: foreignSecret,
  input_cost: inputCost,
  embedded_broker: embeddedBroker,
  huge_retained: hugeRetained,
  damaged_cache: damagedCache,
  unproven_camera: unprovenCamera,
  version_lockout: versionLockout,
  unwritable_rollback: unwritableRollback,
  old_broker: oldBroker,
  inner_addresses: innerAddresses,
  camera_answers: cameraAnswers,
  camera_processes: cameraProcesses,
  worker_environment: workerEnvironment,
  rotated_password: rotatedPassword,
};
