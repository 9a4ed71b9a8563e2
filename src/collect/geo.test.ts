import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Geo, GeoError, openGeo } from './geo.ts';

type Value = string | number | { readonly [key: string]: Value } | readonly Value[];

/** The data section of the MaxMind DB format 2.0: a control byte (type and size), then the value. */
function encoded(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, value.length), Buffer.from(value)]);
  if (typeof value === 'number') {
    const four = Buffer.alloc(4);
    four.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), four]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encoded)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([k, v]) => [encoded(k), encoded(v)]),
  ]);
}

function control(type: number, size: number): Buffer {
  const [length, more] = size < 29 ? [size, []] : [29, [size - 29]];
  return type < 8 ? Buffer.from([(type << 5) | length, ...more]) : Buffer.from([length, type - 7, ...more]);
}

/** A file of one node: the lower half of all addresses is `entry`, the upper half is unknown. */
function mmdb(databaseType: string, ipVersion: 4 | 6, entry: Value): Buffer {
  const node = Buffer.from([0, 0, 1 + 16, 0, 0, 1]);
  const metadata = encoded({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: databaseType,
    description: {},
    ip_version: ipVersion,
    languages: [],
    node_count: 1,
    record_size: 24,
  });
  const marker = Buffer.concat([Buffer.from('abcdef', 'hex'), Buffer.from('MaxMind.com')]);
  return Buffer.concat([node, Buffer.alloc(16), encoded(entry), marker, metadata]);
}

describe('the bundled file', () => {
  let geo: Geo;
  beforeAll(async () => {
    geo = await openGeo();
  });

  it.each([
    ['an IPv6 address is not read as the beginning of an IPv4 one', '2a02:6b8::1', 'RU'],
    ['a name server of Google', '8.8.8.8', 'US'],
    ['a server of RIPE', '193.0.6.139', 'NL'],
    ['a private address, whatever the file says of it', '192.168.1.1', ''],
    ['another one', '172.16.0.1', ''],
    ['loopback', '::1', ''],
    ['what is no address', 'nonsense', ''],
    ['nothing', '', ''],
  ])('%s: %s is in “%s”', (_sentence, address, country) => {
    expect(geo.locate(address)).toEqual({ country, region: '', dataCentre: false });
  });
});

describe('a file of one’s own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ninety-geo-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const written = async (name: string, content: Buffer | string) => {
    const file = join(folder, name);
    await writeFile(file, content);
    return file;
  };

  const california = { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'CA' }, { iso_code: '075' }] };
  it.each([
    ['MaxMind’s nested form tells country and region', 'GeoIP2-City', california, 'US', 'US-CA'],
    ['the flat form tells the country', 'of my own', { country_code: 'de' }, 'DE', ''],
    [
      'where nobody lives the registration tells',
      'GeoIP2-Country',
      { registered_country: { iso_code: 'FR' } },
      'FR',
      '',
    ],
    [
      'a country without subdivisions has no region',
      'GeoLite2-City',
      { country: { iso_code: 'MC' } },
      'MC',
      '',
    ],
    [
      'an entry of another form is an unknown place',
      'GeoLite2-City',
      { country: { iso_code: 'Monaco' } },
      '',
      '',
    ],
  ])('%s', async (_sentence, type, entry, country, region) => {
    const geo = await openGeo(await written('own.mmdb', mmdb(type, 4, entry)));
    expect(geo.locate('8.8.8.8')).toEqual({ country, region, dataCentre: false });
    expect(geo.locate('203.0.113.9')).toEqual({ country: '', region: '', dataCentre: false });
  });

  const german = { country: { iso_code: 'DE' } };
  it.each([
    ['MaxMind’s ISP fields', { ...german, autonomous_system_number: 24940 }, true],
    ['MaxMind’s Enterprise form', { ...german, traits: { autonomous_system_number: 16509 } }, true],
    ['MaxMind’s own word', { ...german, traits: { user_type: 'hosting' } }, true],
    ['ip-location-db’s flat form', { country_code: 'DE', autonomous_system_number: '24940' }, true],
    ['IPinfo’s form', { country_code: 'DE', asn: 'AS14061' }, true],
    ['a telephone company', { ...german, autonomous_system_number: 3320 }, false],
    ['a number of another kind', { ...german, autonomous_system_number: 'none' }, false],
    ['no owner', german, false],
  ])('tells whether a network is a data centre’s: %s', async (_sentence, entry, dataCentre) => {
    const geo = await openGeo(await written('owner.mmdb', mmdb('GeoIP2-Enterprise', 4, entry)));
    expect(geo.locate('8.8.8.8')).toEqual({ country: 'DE', region: '', dataCentre });
  });

  it.each([
    ['by its entries', 'of my own', { country_code: 'DE', asn: 'AS3320' }, true],
    ['by MaxMind’s own word', 'of my own', { ...german, traits: { user_type: 'residential' } }, true],
    ['by its type', 'GeoIP2-Enterprise', german, true],
    ['not where it has countries alone', 'GeoLite2-City', german, false],
    ['not where its owners have no number', 'of my own', { ...german, asn: 'none' }, false],
  ])('tells whether it names the owners of networks: %s', async (_sentence, type, entry, names) => {
    const { namesOwners } = await openGeo(await written('names.mmdb', mmdb(type, 4, entry)));
    expect(namesOwners).toBe(names);
  });

  it('for IPv4 alone says nothing of IPv6 addresses, instead of something wrong', async () => {
    const geo = await openGeo(
      await written('v4.mmdb', mmdb('GeoLite2-Country', 4, { country: { iso_code: 'US' } })),
    );
    expect(geo.locate('2a02:6b8::1')).toMatchObject({ country: '', region: '' });
  });

  it.each([
    ['is not there', 'missing', async () => join(folder, 'nowhere.mmdb')],
    ['is a folder', 'unreadable', async () => folder],
    ['is a text', 'not_mmdb', () => written('text.mmdb', 'country,network\n')],
    ['is empty', 'not_mmdb', () => written('empty.mmdb', '')],
    ['is cut', 'not_mmdb', () => written('cut.mmdb', mmdb('GeoLite2-City', 6, california).subarray(0, 40))],
    ['is packed', 'not_mmdb', () => written('packed.mmdb', Buffer.from('1f8b0800000000000003', 'hex'))],
    [
      'tells network owners',
      'no_country',
      () => written('asn.mmdb', mmdb('GeoLite2-ASN', 4, { autonomous_system_number: 15169 })),
    ],
  ] as const)(
    'that %s is refused as %s, and the message says what to do',
    async (_sentence, problem, file) => {
      const path = await file();
      const error = await openGeo(path).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(GeoError);
      expect((error as GeoError).problem).toBe(problem);
      expect((error as GeoError).message).toContain(path);
      expect((error as GeoError).message).toContain('GEOIP_MMDB');
    },
  );
});
