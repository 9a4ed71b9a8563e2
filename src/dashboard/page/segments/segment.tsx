import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { ActionButton, ConfirmButton } from '../ui/actions.tsx';
import { Badge, Card, Count, Moment, PageHead, Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { ProfileCard } from './profile.tsx';
import { RuleText } from './rule-text.tsx';
import type { ShownSegment } from './shown.ts';
import { SizesCard } from './sizes.tsx';
import { Versions } from './versions.tsx';

const AGAIN_MS = 10_000;

/** One segment: how large it is and was, its rule, and every version of it. */
export function SegmentPage() {
  const { id } = useRoute().params as { id: string };
  const segment = useAnswer<ShownSegment>(`/v1/segments/${id}`, AGAIN_MS);
  return (
    <>
      <p class="crumb">
        <a href="/console/segments">Segments</a>
      </p>
      {segment.problem?.type === 'not_found' ? (
        <Deleted id={id} restored={segment.reload} />
      ) : (
        <Read of={segment} title="Segment">
          {(shown) => <Shown segment={shown} reload={segment.reload} />}
        </Read>
      )}
    </>
  );
}

/** What is left of a segment that is deleted: its versions, any of which brings it back. */
function Deleted({ id, restored }: { id: string; restored: () => Promise<void> }) {
  return (
    <>
      <PageHead title={`There is no segment ${id}`} />
      <p>If it was deleted, its versions are here: restore one, and it is there again.</p>
      <Versions id={id} current={0} changed={restored} />
    </>
  );
}

function Shown({ segment, reload }: { segment: ShownSegment; reload: () => Promise<void> }) {
  const { id, name, folder, labels, version, note } = segment;
  const { route } = useLocation();
  const mayEdit = useMay('edit');
  return (
    <>
      <PageHead title={name}>
        {mayEdit && (
          <>
            <ActionButton
              act={async () => {
                const built = await call<ShownSegment>('POST', `/v1/segments/${id}/build?wait=1`);
                await reload();
                tell(`${name} is built: ${count(built.size ?? 0)} visitors.`);
              }}
            >
              Build now
            </ActionButton>
            <a class="button primary" href={`/console/segments/${id}/edit`}>
              Edit
            </a>
            <ConfirmButton
              verb="Delete the segment"
              ask={`${name} ends for all who read it, and destinations are told to take its members out. Its versions stay at this address, and can be restored here.`}
              act={async () => {
                await call('DELETE', `/v1/segments/${id}`, undefined, undefined, version);
                tell(`${name} is deleted.`);
                route('/console/segments');
              }}
            >
              Delete
            </ConfirmButton>
          </>
        )}
      </PageHead>
      <dl class="tiles">
        <div>
          <dt>Visitors</dt>
          <dd data-testid="size">
            <Count n={segment.size} />
          </dd>
        </div>
        <div>
          <dt>State</dt>
          <dd class="plain">
            <Badge state={segment.state} />
          </dd>
        </div>
        <div>
          <dt>As of</dt>
          <dd class="plain">
            <Moment at={segment.asOf} />
          </dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{version}</dd>
        </div>
      </dl>
      {segment.reason !== undefined && (
        <p class="problem">
          <span>{segment.reason}</span>
        </p>
      )}
      <div class="columns">
        <SizesCard segment={segment} />
        <Card title="Rule">
          <dl class="facts">
            <dt>Id</dt>
            <dd>
              <code>{id}</code>
            </dd>
            {folder !== undefined && (
              <>
                <dt>Folder</dt>
                <dd>{folder}</dd>
              </>
            )}
            {labels !== undefined && labels.length > 0 && (
              <>
                <dt>Labels</dt>
                <dd>
                  {labels.map((label) => (
                    <span class="tag" key={label}>
                      {label}
                    </span>
                  ))}
                </dd>
              </>
            )}
            <dt>Asked of</dt>
            <dd>each {segment.merge}</dd>
            {note !== undefined && (
              <>
                <dt>Note</dt>
                <dd>{note}</dd>
              </>
            )}
          </dl>
          <RuleText rule={segment.rule} />
        </Card>
      </div>
      <ProfileCard key={id} id={id} />
      <Versions id={id} current={version} changed={reload} />
    </>
  );
}
