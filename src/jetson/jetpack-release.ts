/**
 * JetPack by its release of Jetson Linux (L4T), as NVIDIA's archive of JetPack releases has them. Only what is known:
 * a release in between may belong to either neighbour.
 */
const jetpackByL4t: Readonly<Record<string, string>> = {
  '35.1.0': '5.0.2',
  '35.2.1': '5.1',
  '35.3.1': '5.1.1',
  '35.4.1': '5.1.2',
  '35.5.0': '5.1.3',
  '35.6.0': '5.1.4',
  '35.6.1': '5.1.5',
  '36.3.0': '6.0',
  '36.4.0': '6.1',
  '36.4.3': '6.2',
  '36.4.4': '6.2.1',
  '36.5.0': '6.2.2',
  '38.2.0': '7.0',
  '38.2.1': '7.0',
  '38.4.0': '7.1',
  '39.2.0': '7.2',
};

/** The release that /etc/nv_tegra_release names, as in 36.4.3; null where the text is another. */
export function l4tRelease(text: string): string | null {
  const match = /^#\s*R(\d{2,3})\s*\(release\),\s*REVISION:\s*(\d+(?:\.\d+)*)/.exec(text);
  return match === null ? null : `${match[1]}.${match[2]}`;
}

/** The JetPack that a release of L4T came with; null where that is not known. */
export function jetpackOf(l4t: string): string | null {
  const parts = l4t.split('.');
  while (parts.length < 3) parts.push('0');
  return jetpackByL4t[parts.join('.')] ?? null;
}
