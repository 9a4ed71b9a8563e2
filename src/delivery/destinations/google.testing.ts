import { type Answer, type Served, serve } from '../outbound/server.testing.ts';

export interface GoogleOptions {
  readonly networkId: string;
  /** Lists that are open. */
  readonly lists: readonly string[];
  /** Ids that its match table does not have. */
  readonly unknown?: readonly string[];
  /** Requests that it takes before it is to be let rest. */
  readonly most?: number;
  /** Answers before it looks at a request. */
  readonly instead?: () => Answer | undefined;
}

export interface GoogleServer extends Served {
  /** By list, `type:id` of its members. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  readonly requests: () => number;
  readonly rest: () => void;
}

const MOST_BYTES = 100_000;

/**
 * Google's bulk uploader, as its reference and its `.proto` describe it. The messages are taken apart by hand here, so
 * that a wrong field number of ours does not agree with itself.
 */
export async function serveGoogle(options: GoogleOptions): Promise<GoogleServer> {
  const members = new Map<string, Set<string>>(options.lists.map((list) => [list, new Set()]));
  let requests = 0;
  let sinceRest = 0;
  const served = await serve(({ method, path, query, headers, body }) => {
    requests += 1;
    const instead = options.instead?.();
    if (instead !== undefined) return instead;
    sinceRest += 1;
    if (sinceRest > (options.most ?? Number.POSITIVE_INFINITY))
      return { status: 429, headers: { 'retry-after': '30' } };
    if (method !== 'POST' || path !== '/upload') return { status: 404 };
    if (headers['content-type'] !== 'application/octet-stream') return { status: 415 };
    if (query.get('nid') !== options.networkId) return answer(400, message([1, 7]));
    if (body.length > MOST_BYTES) return answer(400, message([1, 8]));
    const request = fields(body);
    if (request === undefined) return answer(400, message([1, 3]));
    const operations = request
      .filter(([number]) => number === 1)
      .map(([, value]) => fields(value as Buffer)!);
    if (operations.length === 0) return answer(400, message([1, 9]));
    // "Requests must include a process_consent=True parameter": the number of this error is not known to us.
    if (!request.some(([number, value]) => number === 3 && value === 1n))
      return answer(400, message([1, 99]));
    const errors: Buffer[] = [];
    for (const operation of operations) {
      const of = (number: number) => operation.find(([one]) => one === number)?.[1];
      const id = String(of(1) ?? '');
      const list = String(of(4) ?? 0n);
      const type = Number(of(14) ?? 0n);
      const error =
        id === '' || (type !== 0 && type !== 4 && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
          ? 4
          : !members.has(list)
            ? 5
            : options.unknown?.includes(id)
              ? 21
              : 0;
      if (error !== 0) errors.push(message([2, BigInt(list)], [3, id], [4, error]));
      else if (of(6) === 1n) members.get(list)!.delete(`${type}:${id}`);
      else members.get(list)!.add(`${type}:${id}`);
    }
    if (errors.length === 0) return answer(200, message([1, 0]));
    return answer(400, message([1, 1], ...errors.map((error) => [2, error] as const)));
  });
  const rest = () => {
    sinceRest = 0;
  };
  return { ...served, members, requests: () => requests, rest };
}

const answer = (status: number, body: Buffer): Answer => ({
  status,
  headers: { 'content-type': 'application/octet-stream' },
  body,
});

type Field = readonly [number: number, value: bigint | Buffer];

/** Protocol Buffers, Encoding: tags, varints and texts; undefined for what is none of them. */
function fields(body: Buffer): Field[] | undefined {
  const found: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = body[at++];
      if (byte === undefined) throw new RangeError('cut off');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  try {
    while (at < body.length) {
      const tag = Number(varint());
      if ((tag & 7) === 0) found.push([tag >> 3, varint()]);
      else if ((tag & 7) === 2) {
        const length = Number(varint());
        if (at + length > body.length) return undefined;
        found.push([tag >> 3, body.subarray(at, at + length)]);
        at += length;
      } else return undefined;
    }
  } catch {
    return undefined;
  }
  return found;
}

function message(
  ...given: readonly (readonly [number: number, value: number | bigint | string | Buffer])[]
): Buffer {
  const varint = (value: bigint): number[] =>
    value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)];
  return Buffer.concat(
    given.map(([number, value]) => {
      if (typeof value === 'number' || typeof value === 'bigint') {
        return Buffer.from([...varint(BigInt(number << 3)), ...varint(BigInt(value))]);
      }
      const bytes = Buffer.from(value as string);
      return Buffer.concat([
        Buffer.from([...varint(BigInt((number << 3) | 2)), ...varint(BigInt(bytes.length))]),
        bytes,
      ]);
    }),
  );
}
