import { endpointOf } from './endpoint.js';

/** What an address onvif://host[:port]/[?profile=NAME] says. */
export interface OnvifAddress {
  /** Name or token of the profile that is wanted; undefined where the best one is. */
  readonly profile: string | undefined;
}

/** Undefined where the text is no such address. It may hold a login. */
export function parseOnvifAddress(address: string): OnvifAddress | undefined {
  const text = address.trim();
  if (!/^onvif:\/\//i.test(text) || endpointOf(text) === undefined) return undefined;
  const { pathname, searchParams, hash } = new URL(text);
  const [named, ...others] = [...searchParams];
  if (!['', '/'].includes(pathname) || hash !== '' || others.length > 0) return undefined;
  if (named === undefined) return { profile: undefined };
  const [name, profile] = named;
  return name === 'profile' && profile !== '' ? { profile } : undefined;
}
