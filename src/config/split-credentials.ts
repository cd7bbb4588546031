import type { Mapping } from './assignment.js';

/**
 * Moves user and password of `mqtt.url` into the keys made for them, over what a weaker layer put there. Returns the
 * keys it set. A URL that cannot be read is left for validation to refuse.
 */
export function splitCredentials(mqtt: Mapping): string[] {
  if (typeof mqtt.url !== 'string' || !mqtt.url.includes('@') || !URL.canParse(mqtt.url)) return [];
  const url = new URL(mqtt.url);
  let username: string;
  let password: string;
  try {
    username = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    return [];
  }
  url.username = '';
  url.password = '';
  mqtt.url = url.href;
  const set: string[] = [];
  if (username !== '') {
    mqtt.username = username;
    set.push('username');
  }
  if (password !== '') {
    mqtt.password = password;
    delete mqtt.password_file;
    set.push('password');
  }
  return set;
}
