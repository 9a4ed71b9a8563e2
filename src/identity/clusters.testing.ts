/** A link as a test hands it in; times in milliseconds since 1970. */
export interface Link {
  readonly source: string;
  readonly visitor: bigint;
  readonly uid: string;
  /** 0 for a partner's. */
  readonly own: bigint;
  readonly first: number;
  readonly last: number;
}

const MOST = 20;

/**
 * The clusters of some links as the rule says, by plain union-find.
 *
 * @param links believed ones, of visitors who consent to them. @param alone visitors that first-party ids alone are, by when
 *   they were seen. @param hashOf the number that a partner's uid is known by.
 * @returns cluster by visitor.
 */
export function clustersOf(
  links: readonly Link[],
  alone: ReadonlyMap<bigint, number>,
  hashOf: (source: string, uid: string) => bigint,
): Map<bigint, bigint> {
  const joints = new Map<bigint, Map<bigint, { first: number; last: number }>>();
  const join = (joint: bigint, visitor: bigint, first: number, last: number) => {
    const members = joints.get(joint) ?? new Map();
    joints.set(joint, members.set(visitor, { first, last }));
  };
  for (const { source, visitor, uid, own, first, last } of links) {
    if (own !== 0n) join(own, visitor, first, last);
    else join(hashOf(source, uid), visitor, last, last);
    const seen = source === 'first_party' ? alone.get(own) : undefined;
    if (seen !== undefined) join(own, own, seen, seen);
  }
  for (const [joint, members] of joints) if (members.size < 2) joints.delete(joint);

  const parents = new Map<bigint, bigint>();
  const find = (visitor: bigint): bigint => {
    const parent = parents.get(visitor) ?? visitor;
    if (parent === visitor) return visitor;
    const root = find(parent);
    parents.set(visitor, root);
    return root;
  };
  for (const members of joints.values()) {
    if (members.size > MOST) continue;
    const [one, ...others] = members.keys();
    for (const other of others) parents.set(find(other), find(one!));
  }
  const sizes = new Map<bigint, number>();
  const all = new Set([...joints.values()].flatMap((members) => [...members.keys()]));
  for (const visitor of all) sizes.set(find(visitor), (sizes.get(find(visitor)) ?? 0) + 1);

  const groups = new Map<string, { visitor: bigint; first: number }[]>();
  const put = (group: string, visitor: bigint, first: number) =>
    groups.set(group, [...(groups.get(group) ?? []), { visitor, first }]);
  for (const visitor of all) {
    const size = sizes.get(find(visitor))!;
    if (size > 1 && size <= MOST) {
      put(`component ${find(visitor)}`, visitor, 0);
      continue;
    }
    const [rarest] = [...joints]
      .flatMap(([joint, members]) => {
        const member = members.get(visitor);
        return member === undefined ? [] : [{ joint, width: members.size, ...member }];
      })
      .sort((a, b) => a.width - b.width || (a.joint < b.joint ? -1 : 1));
    put(`star ${rarest!.joint}`, visitor, rarest!.first);
  }
  const clusters = new Map<bigint, bigint>();
  for (const members of groups.values()) {
    members.sort((a, b) => a.first - b.first || (a.visitor < b.visitor ? -1 : 1));
    for (let start = 0; start < members.length; start += MOST) {
      const part = members.slice(start, start + MOST).map(({ visitor }) => visitor);
      if (part.length < 2) continue;
      const lowest = part.reduce((a, b) => (a < b ? a : b));
      for (const visitor of part) clusters.set(visitor, lowest);
    }
  }
  return clusters;
}
