import { loadCore } from '../../src/engine/load-addon.js';
import { ServiceNotifier } from '../../src/systemd/service-notifier.js';

/** A process with a watchdog, whose event loop stops for good as soon as its standard input says something. */
const { notifyServiceManager } = loadCore();
const notifier = ServiceNotifier.fromEnvironment(process.env, { send: notifyServiceManager });
notifier.ready();
notifier.startWatchdog(() => true);
process.stdin.once('data', () => {
  for (;;);
});
