import sax, { type QualifiedTag, type SAXParser, type Tag } from 'sax';

/** An element of a document that a camera sent. */
export interface XmlElement {
  /** Without its prefix: cameras are careless with namespaces, not with names. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly children: readonly XmlElement[];
  /** All of it that is the element's own, trimmed. */
  readonly text: string;
}

/** The profiles of a recorder with 64 cameras take half a megabyte and 20,000 elements, at a depth of 10. */
const maxBytes = 2 * 2 ** 20;
const maxElements = 50_000;
const maxDepth = 64;

interface OpenElement {
  name: string;
  attributes: Record<string, unknown>;
  children: OpenElement[];
  text: string;
}

/**
 * Reads an XML document piece by piece. What a camera sends is hostile: size, depth and number of elements are bounded,
 * a document type is refused, so that there are no entities but XML's own five, and the cost grows with the length alone.
 */
export class XmlReader {
  readonly #parser: SAXParser;
  readonly #decoder = new TextDecoder();
  readonly #open: OpenElement[] = [];
  #root: OpenElement | undefined;
  #bytes = 0;
  #elements = 0;

  constructor() {
    const parser = sax.parser(true, { xmlns: false, position: false, noscript: true });
    parser.onopentag = (tag) => this.#begin(tag);
    parser.onclosetag = () => this.#end();
    parser.ontext = (text) => this.#add(text);
    parser.oncdata = (text) => this.#add(text);
    parser.ondoctype = () => {
      throw new Error('a document type is not taken');
    };
    parser.onerror = (error) => {
      throw new Error(`it is not well-formed (${error.message.split('\n', 1)[0]})`);
    };
    this.#parser = parser;
  }

  /** Throws an Error that says what is wrong with it; nothing may be written after that. */
  write(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes are not taken`);
    this.#parser.write(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The root element. Throws an Error where the document is not whole. */
  finish(): XmlElement {
    this.#parser.write(this.#decoder.decode()).close();
    if (this.#root === undefined) throw new Error('it has no element');
    return this.#root;
  }

  #begin({ name, attributes }: Tag | QualifiedTag): void {
    if (++this.#elements > maxElements) throw new Error(`more than ${maxElements} elements are not taken`);
    if (this.#open.length === maxDepth) throw new Error(`more than ${maxDepth} levels are not taken`);
    if (this.#open.length === 0 && this.#root !== undefined)
      throw new Error('it is not well-formed (two roots)');
    const element = { name: name.slice(name.indexOf(':') + 1), attributes, children: [], text: '' };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  #end(): void {
    const element = this.#open.pop();
    if (element !== undefined) element.text = element.text.trim();
  }

  #add(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
  }
}

/** A document that is there as a whole. Throws an Error that says what is wrong with it. */
export function readXml(document: Uint8Array): XmlElement {
  const reader = new XmlReader();
  reader.write(document);
  return reader.finish();
}

/** The first element that a path of names leads to. */
export function elementAt(from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let element = from;
  for (const step of path) element = element?.children.find(({ name }) => name === step);
  return element;
}

/** Every child of that name. */
export function childrenOf(element: XmlElement | undefined, wanted: string): XmlElement[] {
  return element?.children.filter(({ name }) => name === wanted) ?? [];
}

/** The text of the first element that a path leads to; undefined where there is none, or nothing in it. */
export function textAt(from: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return elementAt(from, ...path)?.text || undefined;
}

const special: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text as it stands in a document of ours. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => special[character] as string);
}
