import { useState } from 'preact/hooks';
import type { Explained } from '../../../audience/explain.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Read } from '../ui/parts.tsx';
import { Code } from '../ui/scroll.tsx';

interface Explanation {
  readonly member: boolean;
  readonly barred: string | null;
  readonly expires: string | null;
  readonly rule: Explained;
}

/** A segment, and when it is opened why the visitor is in it or not: each clause with its evidence. */
export function Membership({ visitor, segment, name }: { visitor: string; segment: string; name: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const explained = useAnswer<Explanation>(
    isOpen ? `/v1/visitors/${visitor}/explain?segment=${segment}` : undefined,
  );
  return (
    <li>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>{name}</summary>
        <div class="explained">
          <p>
            <a href={`/console/segments/${segment}`}>To the segment</a>
          </p>
          {isOpen && (
            <Read of={explained}>
              {({ member, barred, expires, rule }) => (
                <>
                  <p>
                    <b>{member ? 'A member' : 'Not a member'}</b>
                    {barred === 'withdrawn' && ', because consent is withdrawn'}
                    {barred === 'no_hits' && ', because no hit is kept'}
                    {member && expires !== null && `, until ${expires.slice(0, 10)} unless seen again`}.
                  </p>
                  <ul class="tree">
                    <Clause part={rule} />
                  </ul>
                </>
              )}
            </Read>
          )}
        </div>
      </details>
    </li>
  );
}

function Clause({ part }: { part: Explained }) {
  const inner = [...(part.all ?? part.any ?? []), ...(part.not === undefined ? [] : [part.not])];
  const words =
    part.all !== undefined
      ? 'all of'
      : part.any !== undefined
        ? 'any of'
        : part.not !== undefined
          ? 'not'
          : undefined;
  return (
    <li>
      <span class="holds" data-holds={part.holds}>
        {part.holds ? 'true' : 'false'}
      </span>{' '}
      {words ?? <code>{JSON.stringify(part.clause)}</code>}
      {part.evidence !== undefined && (
        <details>
          <summary>Evidence</summary>
          <Code label="Evidence" text={JSON.stringify(part.evidence, null, 1)} />
        </details>
      )}
      {(inner.length > 0 || part.rule !== undefined) && (
        <ul>
          {inner.map((one) => (
            <Clause key={one.path} part={one} />
          ))}
          {part.rule !== undefined && <Clause part={part.rule} />}
        </ul>
      )}
    </li>
  );
}
