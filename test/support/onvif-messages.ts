/** The messages of a simulated ONVIF camera, as the WSDLs of Device and Media (versions 1 and 2) and WS-Discovery have them. */
import sax, { type QualifiedTag } from 'sax';

export const namespaces = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  device: 'http://www.onvif.org/ver10/device/wsdl',
  media1: 'http://www.onvif.org/ver10/media/wsdl',
  media2: 'http://www.onvif.org/ver20/media/wsdl',
  schema: 'http://www.onvif.org/ver10/schema',
  network: 'http://www.onvif.org/ver10/network/wsdl',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  discovery: 'http://schemas.xmlsoap.org/ws/2005/04/discovery',
  security: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  utility: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
} as const;

/** An element with its namespace looked up, as a camera reads a request. */
export interface SoapElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: SoapElement[];
  /** Namespaces by their prefixes, for texts that are names. */
  readonly prefixes: Readonly<Record<string, string>>;
  text: string;
}

/** Throws where the document is not well-formed or a prefix stands for nothing. Names are `{namespace}name`. */
export function readSoap(document: string): SoapElement {
  const open: SoapElement[] = [];
  let root: SoapElement | undefined;
  const parser = sax.parser(true, { xmlns: true });
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = (tag) => {
    const { uri, local, attributes, ns } = tag as QualifiedTag;
    const values = Object.values(attributes).map(({ name, value }) => [name, value]);
    const prefixes: Record<string, string> = {};
    for (const prefix in ns) prefixes[prefix] = ns[prefix] as string;
    const element: SoapElement = {
      name: `{${uri}}${local}`,
      attributes: Object.fromEntries(values),
      children: [],
      prefixes,
      text: '',
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  };
  parser.onclosetag = () => open.pop();
  parser.ontext = (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.write(document).close();
  if (root === undefined) throw new Error('no element');
  return root;
}

/** The first element that a path of `{namespace}name`s leads to. */
export function find(from: SoapElement | undefined, ...path: string[]): SoapElement | undefined {
  let element = from;
  for (const step of path) element = element?.children.find(({ name }) => name === step);
  return element;
}

export function envelope(body: string, header = ''): string {
  const { soap, device, media1, media2, schema } = namespaces;
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="${soap}" xmlns:tt="${schema}" ` +
    `xmlns:tds="${device}" xmlns:trt="${media1}" xmlns:tr2="${media2}" xmlns:ter="http://www.onvif.org/ver10/error">` +
    `${header === '' ? '' : `<SOAP-ENV:Header>${header}</SOAP-ENV:Header>`}<SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`
  );
}

export function fault(subcode: string, reason: string): string {
  return envelope(
    '<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>' +
      `<SOAP-ENV:Value>ter:${subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>` +
      `<SOAP-ENV:Text xml:lang="en">${reason}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>`,
  );
}

export function dateAndTime(time: Date): string {
  const fields = (at: Date): string =>
    `<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute>` +
    `<tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year>` +
    `<tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date>`;
  // Its own time is that of Shanghai, as it comes from many makers.
  const local = new Date(time.getTime() + 8 * 3_600_000);
  return envelope(
    '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>' +
      '<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>' +
      `<tt:UTCDateTime>${fields(time)}</tt:UTCDateTime><tt:LocalDateTime>${fields(local)}</tt:LocalDateTime>` +
      '</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>',
  );
}

export function services(found: readonly { namespace: string; address: string }[]): string {
  const entries = found.map(
    ({ namespace, address }) =>
      `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${address}</tds:XAddr>` +
      '<tds:Version><tt:Major>2</tt:Major><tt:Minor>42</tt:Minor></tds:Version></tds:Service>',
  );
  return envelope(`<tds:GetServicesResponse>${entries.join('')}</tds:GetServicesResponse>`);
}

export function capabilities(device: string, media: string): string {
  return envelope(
    '<tds:GetCapabilitiesResponse><tds:Capabilities>' +
      `<tt:Device><tt:XAddr>${device}</tt:XAddr></tt:Device><tt:Media><tt:XAddr>${media}</tt:XAddr><tt:StreamingCapabilities>` +
      '<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP>' +
      '</tt:StreamingCapabilities></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>',
  );
}

export interface SimulatedProfile {
  readonly token: string;
  readonly name: string;
  readonly encoding: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Every how manieth picture is sent; 1 where left out. Version 1 alone has it. */
  readonly interval?: number;
  /** Of its stream. */
  readonly path: string;
}

const escapeText = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');

const source =
  '<tt:Name>VideoSourceConfig</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>VideoSource_1</tt:SourceToken>' +
  '<tt:Bounds x="0" y="0" width="2688" height="1520"></tt:Bounds>';

/** The first has sound alone, as recorders have some. */
export function profiles1(profiles: readonly SimulatedProfile[]): string {
  const entries = profiles.map(
    ({ token, name, encoding, width, height, fps, interval = 1 }) =>
      `<trt:Profiles token="${escapeText(token)}" fixed="true"><tt:Name>${escapeText(name)}</tt:Name>` +
      `<tt:VideoSourceConfiguration token="VideoSourceToken">${source}</tt:VideoSourceConfiguration>` +
      `<tt:VideoEncoderConfiguration token="VideoEncoder_${escapeText(token)}" encoding="${encoding}"><tt:Name>VideoEncoder</tt:Name>` +
      `<tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width>` +
      `<tt:Height>${height}</tt:Height></tt:Resolution><tt:Quality>3.000000</tt:Quality><tt:RateControl>` +
      `<tt:FrameRateLimit>${fps}</tt:FrameRateLimit><tt:EncodingInterval>${interval}</tt:EncodingInterval>` +
      '<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>50</tt:GovLength>' +
      '<tt:H264Profile>Main</tt:H264Profile></tt:H264><tt:SessionTimeout>PT5S</tt:SessionTimeout>' +
      '</tt:VideoEncoderConfiguration></trt:Profiles>',
  );
  const sound =
    '<trt:Profiles token="sound" fixed="true"><tt:Name>sound</tt:Name><tt:AudioEncoderConfiguration token="a">' +
    '<tt:Name>a</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>G711</tt:Encoding><tt:Bitrate>64</tt:Bitrate>' +
    '<tt:SampleRate>8</tt:SampleRate></tt:AudioEncoderConfiguration></trt:Profiles>';
  return envelope(`<trt:GetProfilesResponse>${sound}${entries.join('\n')}</trt:GetProfilesResponse>`);
}

export function profiles2(profiles: readonly SimulatedProfile[]): string {
  const entries = profiles.map(
    ({ token, name, encoding, width, height, fps }) =>
      `<tr2:Profiles token="${escapeText(token)}" fixed="true"><tr2:Name>${escapeText(name)}</tr2:Name><tr2:Configurations>` +
      `<tr2:VideoSource token="VideoSourceToken">${source}</tr2:VideoSource>` +
      `<tr2:VideoEncoder token="VideoEncoder_${escapeText(token)}" GovLength="50" Profile="Main"><tt:Name>VideoEncoder</tt:Name>` +
      `<tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width>` +
      `<tt:Height>${height}</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="false">` +
      `<tt:FrameRateLimit>${fps}</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>` +
      '<tt:Quality>3</tt:Quality></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>',
  );
  return envelope(`<tr2:GetProfilesResponse>${entries.join('\n')}</tr2:GetProfilesResponse>`);
}

export function videoSources(): string {
  return envelope(
    '<trt:GetVideoSourcesResponse><trt:VideoSources token="VideoSource_1"><tt:Framerate>25.000000</tt:Framerate>' +
      '<tt:Resolution><tt:Width>2688</tt:Width><tt:Height>1520</tt:Height></tt:Resolution></trt:VideoSources>' +
      '</trt:GetVideoSourcesResponse>',
  );
}

export function streamUri1(address: string): string {
  return envelope(
    `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${escapeText(address)}</tt:Uri>` +
      '<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>' +
      '<tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>',
  );
}

export function streamUri2(address: string): string {
  return envelope(
    `<tr2:GetStreamUriResponse><tr2:Uri>${escapeText(address)}</tr2:Uri></tr2:GetStreamUriResponse>`,
  );
}
