import { useRef, useState } from 'preact/hooks';
import { call, Problem } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { ActionButton } from '../ui/actions.tsx';
import { awaitHeading } from '../ui/arrival.ts';
import { useGoOn } from '../ui/go-on.ts';
import { Card, Moment, Read } from '../ui/parts.tsx';
import { Scroll } from '../ui/scroll.tsx';
import { tell } from '../ui/toasts.tsx';
import type { ShownVersion } from './shown.ts';

interface Of {
  readonly id: string;
  /** The version that counts; 0 = the segment is deleted. */
  readonly current: number;
  readonly changed: () => Promise<void>;
}

/** Every change of a segment, by whom and what; each can be made the newest again. */
export const Versions = (of: Of) => (
  <Card title="Versions">
    <VersionPage key={of.current} {...of} />
  </Card>
);

interface Page extends Of {
  /** All of them are below it. */
  readonly after?: number;
  /** The newest there is: of a segment that is deleted, the version by which it was. Not known to the first page. */
  readonly newest?: number;
}

/** The newest below one, and on demand those before them. */
function VersionPage({ after, newest, ...of }: Page) {
  const { id, current } = of;
  const [isOpen, setIsOpen] = useState(false);
  // The newest version is part of the question, so that a change is seen at once.
  const versions = useAnswer<{ items: ShownVersion[]; next: number | null }>(
    `/v1/segments/${id}/versions?of=${current}${after === undefined ? '' : `&after=${after}`}`,
  );
  const list = useRef<HTMLOListElement>(null);
  useGoOn(versions.value !== undefined, after === undefined ? null : list);
  return (
    <Read of={versions}>
      {({ items, next }) => {
        const read = newest ?? (current === 0 ? (items[0]?.version ?? 0) : current);
        return (
          <>
            <ol class="list versions" ref={list} tabIndex={-1}>
              {items.map((one) => (
                <ListedVersion key={one.version} {...of} read={read} version={one} reread={versions.reload} />
              ))}
            </ol>
            {next !== null &&
              (isOpen ? (
                <VersionPage {...of} after={next} newest={read} />
              ) : (
                <button type="button" onClick={() => setIsOpen(true)}>
                  Show older ones
                </button>
              ))}
          </>
        );
      }}
    </Read>
  );
}

interface Listed extends Of {
  readonly version: ShownVersion;
  /** The newest version that is in view: what somebody else has made since is not restored over. */
  readonly read: number;
  readonly reread: () => Promise<void>;
}

function ListedVersion({ id, current, changed, read, reread, version: one }: Listed) {
  const mayEdit = useMay('edit');
  const restore = async () => {
    try {
      const path = `/v1/segments/${id}/versions/${one.version}/restore`;
      await call('POST', path, undefined, undefined, read);
    } catch (error) {
      // What somebody else has done meanwhile is in the list when it is told.
      if (error instanceof Problem && error.type === 'version_conflict')
        await Promise.all([changed(), reread()]);
      throw error;
    }
    await changed();
    // The list is made anew, and the button with it that was pressed.
    awaitHeading();
    tell(`Version ${one.version} is restored, as a new version.`);
  };
  return (
    <li>
      <div class="card-head">
        <div>
          <b>Version {one.version}</b> {one.action}, <Moment at={one.time} /> by {one.by.name ?? one.by.id}
          {one.applied === true && <span class="tag">from files</span>}
          {one.changed.length > 0 && <span class="why">changed: {one.changed.join(', ')}</span>}
          {one.note !== undefined && <span class="why">“{one.note}”</span>}
        </div>
        {mayEdit && one.version !== current && one.action !== 'deleted' && (
          <ActionButton act={restore}>
            Restore <span class="unseen">version {one.version}</span>
          </ActionButton>
        )}
      </div>
      {one.diff.length > 0 && (
        <details open={one.version === current}>
          <summary>What it changed</summary>
          <Diff lines={one.diff} version={one.version} />
        </details>
      )}
    </li>
  );
}

/** Lines of a rule that went and came. */
export function Diff({ lines, version }: { lines: readonly string[]; version: number }) {
  return (
    <Scroll class="code diff" label={`Changes of version ${version}`}>
      {lines.map((line, at) => (
        <code key={`${at} ${line}`} data-sign={line[0]}>
          {line}
          {'\n'}
        </code>
      ))}
    </Scroll>
  );
}
