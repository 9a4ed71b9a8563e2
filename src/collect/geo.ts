import { createRequire } from 'node:module';
import { open, type Reader, type Response } from 'maxmind';
import { isLocal } from './address.ts';
import { isHosting } from './data-centres.ts';

/** Where an address is, as far as the file tells; each empty where it does not. */
export interface GeoPlace {
  /** ISO 3166-1 alpha-2, such as `DE`. */
  readonly country: string;
  /** ISO 3166-2, such as `US-CA`. */
  readonly region: string;
  /** Of a network in which servers stand; false where the file names no network's owner. */
  readonly dataCentre: boolean;
}

export interface Geo {
  /** Never throws: what is no address, or not in the file, is at an unknown place. */
  locate(address: string): GeoPlace;
}

/** A file of addresses, opened. */
export interface GeoFile extends Geo {
  /** Whether it names the owners of networks: without them no address is known to be in a data centre. */
  readonly namesOwners: boolean;
}

/** Why an address file cannot be used. */
export type GeoProblem = 'missing' | 'unreadable' | 'not_mmdb' | 'no_country';

/** The address file cannot be used; the message says what to do. */
export class GeoError extends Error {
  readonly problem: GeoProblem;

  constructor(problem: GeoProblem, file: string, cause?: unknown) {
    super(`${file} ${WHAT_TO_DO[problem]}`, { cause });
    this.name = 'GeoError';
    this.problem = problem;
  }
}

const OR_LEAVE_OUT = 'or leave GEOIP_MMDB out to use the bundled country file.';
const WHAT_TO_DO: Readonly<Record<GeoProblem, string>> = {
  missing: `does not exist. Name an existing file with GEOIP_MMDB, ${OR_LEAVE_OUT}`,
  unreadable: `cannot be read. Give this process the right to read it, ${OR_LEAVE_OUT}`,
  not_mmdb: `is no MaxMind DB file, or only a part of one. Unpack it (.mmdb, not .tar.gz or .csv), load it again, ${OR_LEAVE_OUT}`,
  no_country: `holds no countries. Set GEOIP_MMDB to a country or city file, ${OR_LEAVE_OUT}`,
};

/** Who announces a network, as MaxMind's ISP and ASN files and ip-location-db name it. */
interface Owner {
  readonly autonomous_system_number?: unknown;
}

/** MaxMind's nested form (GeoIP2, GeoLite2, DB-IP) and the flat ones of ip-location-db and IPinfo. */
interface Entry extends Owner {
  /** IPinfo's, such as `AS15169`. */
  readonly asn?: unknown;
  /** GeoIP2 Enterprise has the owner here, and says of some what they are. */
  readonly traits?: Owner & { readonly user_type?: unknown; readonly is_hosting_provider?: unknown };
  readonly country_code?: unknown;
  readonly country?: { readonly iso_code?: unknown };
  readonly registered_country?: { readonly iso_code?: unknown };
  readonly subdivisions?: readonly { readonly iso_code?: unknown }[];
}

/** The file for both families: one for IPv4 alone answers an IPv6 address with a wrong country. */
const BUNDLED = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** Also what a local address is: the bundled file has 172.16.0.0/12 and 192.168.0.0/16 in Australia. */
const UNKNOWN: GeoPlace = { country: '', region: '', dataCentre: false };

/**
 * Opens the file that tells the country of an address. It is read into memory once, so a file that is
 * replaced later is taken up at the next start.
 *
 * @param file a MaxMind DB file; default the bundled country file (CC0).
 * @throws GeoError when it is missing, cannot be read, has another form or tells no countries.
 */
export async function openGeo(file?: string): Promise<GeoFile> {
  const path = file ?? bundledFile();
  const reader = await openReader(path);
  const ipv4Only = reader.metadata.ipVersion === 4;
  const locate = (address: string): GeoPlace => {
    if ((ipv4Only && address.includes(':')) || isLocal(address)) return UNKNOWN;
    const entry = reader.get(address) as Entry | null;
    return entry === null ? UNKNOWN : placeOf(entry);
  };
  let useful: boolean;
  let namesOwners: boolean;
  try {
    useful = tellsCountries(reader, locate);
    namesOwners = tellsOwners(reader);
  } catch (cause) {
    throw new GeoError('not_mmdb', path, cause);
  }
  if (!useful) throw new GeoError('no_country', path);
  return {
    namesOwners,
    locate(address) {
      try {
        return locate(address);
      } catch {
        // A damaged branch of the file: the hits behind it are of unknown country, and counted as that.
        return UNKNOWN;
      }
    },
  };
}

function bundledFile(): string {
  try {
    return createRequire(import.meta.url).resolve(BUNDLED);
  } catch (cause) {
    throw new GeoError('missing', BUNDLED, cause);
  }
}

async function openReader(path: string): Promise<Reader<Response>> {
  try {
    return await open<Response>(path, { cache: { max: 10_000 } });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new GeoError('missing', path, cause);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR')
      throw new GeoError('unreadable', path, cause);
    throw new GeoError('not_mmdb', path, cause);
  }
}

/** Addresses of well known name servers: whatever file of countries is of use holds one of them. */
const PROBES = ['8.8.8.8', '1.1.1.1', '9.9.9.9', '193.0.14.129', '2001:4860:4860::8888', '2a02:6b8::1'];

/** By its type, or by an answer: small files of one's own are typed by no convention. */
function tellsCountries(reader: Reader<Response>, locate: (address: string) => GeoPlace): boolean {
  const answered = PROBES.filter((address) => locate(address).country !== '').length > 0;
  return answered || /country|city|location|enterprise|insights/i.test(reader.metadata.databaseType);
}

function tellsOwners(reader: Reader<Response>): boolean {
  const told = PROBES.some((address) => {
    const entry = reader.get(address) as Entry | null;
    return entry !== null && (ownerOf(entry) !== undefined || entry.traits?.user_type !== undefined);
  });
  return told || /asn|isp|enterprise/i.test(reader.metadata.databaseType);
}

/** An address in use somewhere is there (`country`); else whoever it is registered to says where. */
function placeOf(entry: Entry): GeoPlace {
  const country = codeOf(
    entry.country_code ?? entry.country?.iso_code ?? entry.registered_country?.iso_code,
    /^[A-Za-z]{2}$/,
  );
  const dataCentre = isDataCentre(entry);
  if (country === '') return dataCentre ? { ...UNKNOWN, dataCentre } : UNKNOWN;
  const subdivision = codeOf(entry.subdivisions?.[0]?.iso_code, /^[A-Za-z0-9]{1,3}$/);
  return { country, region: subdivision === '' ? '' : `${country}-${subdivision}`, dataCentre };
}

function isDataCentre(entry: Entry): boolean {
  const { traits } = entry;
  if (traits?.user_type === 'hosting' || traits?.is_hosting_provider === true) return true;
  const owner = ownerOf(entry);
  return owner !== undefined && isHosting(owner);
}

/** @returns the number of the autonomous system; undefined where the entry names none. */
function ownerOf({ traits, asn, autonomous_system_number }: Entry): number | undefined {
  const owner = autonomous_system_number ?? traits?.autonomous_system_number ?? asn;
  const number = typeof owner === 'string' ? Number(owner.replace(/^AS/i, '')) : owner;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

const codeOf = (value: unknown, form: RegExp) =>
  typeof value === 'string' && form.test(value) ? value.toUpperCase() : '';
