import { type BadCamera, startCamera } from './bad-camera.js';

/** Takes the connection and never says a word. */
export const tarpit: BadCamera = {
  name: 'tarpit',
  start: (t) => startCamera(t, { kind: 'silent' }),
};
