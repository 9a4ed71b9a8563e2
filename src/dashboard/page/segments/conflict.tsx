import { useCallback } from 'preact/hooks';
import { call } from '../api/call.ts';
import { useReading } from '../api/use-reading.ts';
import { ActionButton } from '../ui/actions.tsx';
import { Moment, Read } from '../ui/parts.tsx';
import type { ShownVersion } from './shown.ts';
import { Diff } from './versions.tsx';

/** Somebody else has saved the segment meanwhile: what they did, and what to do about it. */
export function Conflict({
  id,
  read,
  saveOver,
  takeTheirs,
}: {
  id: string;
  /** The version that was opened here. */
  read: number;
  /** Told the newest version that was in view. */
  saveOver: (version: number) => Promise<void>;
  takeTheirs: () => Promise<void>;
}) {
  const versions = useReading(
    `/v1/segments/${id}/versions?limit=50`,
    useCallback((path: string, signal?: AbortSignal) => newerThan(read, path, signal), [read]),
  );
  return (
    <section class="card" aria-label="Changed by somebody else meanwhile" role="alert">
      <p>
        <b>Somebody else has saved this segment since you opened it.</b> Nothing of yours is saved yet. This
        is what they changed:
      </p>
      <Read of={versions}>
        {(newer) => (
          <>
            <ol class="list versions">
              {newer.map((one) => (
                <li key={one.version}>
                  <b>Version {one.version}</b> {one.action}, <Moment at={one.time} /> by{' '}
                  {one.by.name ?? one.by.id}
                  {one.changed.length > 0 && <span class="why">changed: {one.changed.join(', ')}</span>}
                  {one.note !== undefined && <span class="why">“{one.note}”</span>}
                  {one.diff.length > 0 && <Diff lines={one.diff} version={one.version} />}
                </li>
              ))}
            </ol>
            <div class="actions">
              <ActionButton class="danger" act={() => saveOver(newer[0]?.version ?? read)}>
                Save what I changed all the same
              </ActionButton>
              <ActionButton act={takeTheirs}>Drop mine, and take theirs</ActionButton>
            </div>
          </>
        )}
      </Read>
    </section>
  );
}

/** Every version after the one that was read, the newest first, however many pages they are. */
async function newerThan(read: number, path: string, signal?: AbortSignal): Promise<ShownVersion[]> {
  const newer: ShownVersion[] = [];
  for (let after: number | null | undefined; after !== null; ) {
    const page: { items: ShownVersion[]; next: number | null } = await call(
      'GET',
      after === undefined ? path : `${path}&after=${after}`,
      undefined,
      signal,
    );
    newer.push(...page.items.filter(({ version }) => version > read));
    after = page.next !== null && page.next > read ? page.next : null;
  }
  return newer;
}
