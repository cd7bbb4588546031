/** Media types of playlists, which name further addresses: those of HLS, and DASH's. */
const playlist = /^(?:application|audio)\/(?:vnd\.apple\.mpegurl|x-mpegurl|mpegurl|(dash\+xml))/i;

export type PlaylistKind = 'hls' | 'dash';

/** By its media type, or, as many servers give a general one, by its name; undefined where it is none. */
export function playlistKind(contentType: string, path: string): PlaylistKind | undefined {
  const found = playlist.exec(contentType);
  if (found !== null) return found[1] === undefined ? 'hls' : 'dash';
  if (/\.m3u8$/i.test(path)) return 'hls';
  return /\.mpd$/i.test(path) ? 'dash' : undefined;
}

/** More than a day of segments. */
export const maxPlaylistBytes = 2 ** 20;
/** Servers that one playlist may name over https: several times what a provider has. */
export const maxPlaylistServers = 64;
/** No name of DNS is as long, with user, password and port. */
const maxServerLength = 1024;

/**
 * Where an https:// address begins, or one that has the scheme of its playlist, and its server. HLS: a line, or the attribute `URI` of a tag; other lines that begin
 * with # are comments. DASH: an attribute or an element.
 */
const addresses: Readonly<Record<PlaylistKind, RegExp>> = {
  hls: /^(#EXT.*URI=")?(https:)?\/\/([^\s"'<>\\/?#]+)/gim,
  dash: /(["'>]\s*)(https:)?\/\/([^\s"'<>\\/?#]+)/gi,
};

/**
 * A playlist with another beginning of its https:// addresses: instead of `https://server` what `beginning` gives for that
 * server; undefined leaves them alone. It is asked once for each server. `isSecure`: the playlist itself came over https, and
 * with it what has its scheme. Throws where there are too many servers.
 */
export function rewritePlaylist(
  text: string,
  { kind, isSecure }: { kind: PlaylistKind; isSecure: boolean },
  beginning: (server: string) => string | undefined,
): string {
  const known = new Map<string, string | undefined>();
  return text.replace(addresses[kind], (whole, ...found) => {
    const [before, scheme, server, at] = found as [string | undefined, string | undefined, string, number];
    if (server.length > maxServerLength || (scheme === undefined && !isSecure)) return whole;
    if (!known.has(server)) {
      if (known.size === maxPlaylistServers) {
        throw new Error(`its playlist names more than ${maxPlaylistServers} servers`);
      }
      known.set(server, beginning(server));
    }
    const begin = known.get(server);
    if (begin === undefined) return whole;
    const isPath = text[at + whole.length] === '/';
    return `${before ?? ''}${begin}${isPath ? '' : '/'}`;
  });
}
