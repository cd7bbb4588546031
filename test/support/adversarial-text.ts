/** What texts are made of that cost a careless program more than their length: each is repeated. */
const units = [
  ...['a', '0', '-', '.', ' ', '\n', '\0', '\ud800', '@', ':', '/', '\\', '"', '=', '&', '%41', '[', '{"a":'],
  ...['://', 'a://', 'a:', '/a:b@', 'x-', 'pw', 'pw=', "pw='", 'pw="', 'key = ', '\\"', '?a=1', '../', 'ba"'],
];
/** Where texts begin that are taken for something. */
const beginnings = ['', 'rtsp://', '', 'http://h/?', '', 'csi:0?', '', 'gst:', '', 'a'];
const ends = ['', '\0', '@h'];

/** Texts of so many characters, by what they are. */
export function adversarialTexts(length: number): Map<string, string> {
  const texts = new Map<string, string>();
  units.forEach((unit, index) => {
    const from = beginnings[index % beginnings.length] as string;
    const to = ends[index % ends.length] as string;
    const repeated = unit.repeat(Math.ceil(length / unit.length)).slice(0, length - from.length - to.length);
    texts.set(JSON.stringify(`${from}${unit}…${to}`), from + repeated + to);
  });
  return texts;
}

type Node = {
  type?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
  allOf?: Node[];
};

/** A place of a document: the keys that lead to it; `name` where the text is the name of a key there. */
export interface Place {
  readonly path: readonly string[];
  readonly name: boolean;
  /** The schema has a mapping or list there. */
  readonly isContainer: boolean;
}

/** Every place where a document of a JSON Schema may hold a text, whether the schema wants one there or refuses it, and
 *  every mapping, whose keys may have any name. */
export function placesOf(schema: unknown): Place[] {
  const walk = (node: Node, path: readonly string[]): Place[] => [
    { path, name: false, isContainer: isMapping(node) || node.items !== undefined },
    ...(isMapping(node) ? [{ path, name: true, isContainer: false }] : []),
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => walk(child, [...path, key])),
    ...(node.items === undefined ? [] : walk(node.items, [...path, '0'])),
    ...(typeof node.additionalProperties === 'object'
      ? walk(node.additionalProperties, [...path, 'any'])
      : []),
    ...[...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].flatMap((form) =>
      walk(form, path),
    ),
  ];
  const places = walk(schema as Node, []);
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

function isMapping(node: Node): boolean {
  return node.type === 'object' || node.properties !== undefined || node.additionalProperties !== undefined;
}

/** A copy of a document with a text in a place; what is missing on the way there is made. */
export function withText(
  document: unknown,
  { path, name }: Pick<Place, 'path' | 'name'>,
  text: string,
): unknown {
  return withValue(document, path, (before) =>
    name ? { ...(isRecord(before) ? before : {}), [text]: 1 } : text,
  );
}

/** A copy of a document with something else at a path. */
export function withValue(
  document: unknown,
  [key, ...rest]: readonly string[],
  make: (before: unknown) => unknown,
): unknown {
  if (key === undefined) return make(document);
  const inner = isRecord(document) || Array.isArray(document) ? Reflect.get(document, key) : undefined;
  const value = withValue(inner, rest, make);
  if (key === '0') return [value, ...(Array.isArray(document) ? document.slice(1) : [])];
  return { ...(isRecord(document) ? document : {}), [key]: value };
}

/** Values of as many parts as fit into so many bytes of JSON, by what they are. */
export function manyParts(bytes: number): Map<string, unknown> {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { any: nested(depth - 1), id: 'a' });
  const kinds: Record<string, (index: number) => [key: string | null, value: unknown]> = {
    'unknown keys': (index) => [`k${index}`, 0],
    'keys that are nearly known': (index) => [`source${index}`, 'a@b'],
    'entries that are mappings': (index) => [`k${index}`, { file: 1 }],
    'a list of numbers': (index) => [null, index],
    'a list of texts': () => [null, 'a@b='],
    'a list of mappings': () => [null, {}],
    'a list of wrong mappings': () => [null, { id: 1 }],
    'a list of lists': () => [null, [[]]],
    'a list of deep mappings': () => [null, nested(20)],
  };
  return new Map(
    Object.entries(kinds).map(([what, part]) => {
      const parts: [string | null, unknown][] = [];
      for (let index = 0, left = bytes; ; index++) {
        const [key, value] = part(index);
        left -= JSON.stringify({ [key ?? '']: value }).length - (key === null ? 4 : 1);
        if (left < 0) break;
        parts.push([key, value]);
      }
      const isList = parts[0]?.[0] === null;
      return [what, isList ? parts.map(([, value]) => value) : Object.fromEntries(parts)];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON of at most so many bytes: the text of the document is cut to what fits. */
export function jsonWithin(bytes: number, text: string, make: (text: string) => unknown): Buffer {
  for (let length = text.length; ; ) {
    const json = Buffer.from(JSON.stringify(make(text.slice(0, length))));
    if (json.length <= bytes || length === 0) return json;
    length = Math.max(0, Math.floor((length * (bytes - 512)) / json.length));
  }
}
