import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { call, Problem } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { ActionButton } from '../ui/actions.tsx';
import { useWork } from '../ui/leaving.tsx';
import { Card, Empty, PageHead, Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { AboutCard, aboutOf, changedIn } from './about.tsx';
import { GroupEditor } from './clause-editor.tsx';
import { Conflict } from './conflict.tsx';
import { grouped, isUnfilled, ungrouped } from './rule-tree.ts';
import { RuleTyping } from './rule-typing.tsx';
import type { ShownSegment } from './shown.ts';
import { SizeCard } from './size-card.tsx';
import { useEstimate } from './use-estimate.ts';

/** Makes a segment, or changes one: by clicking or by hand, its exact size in view. */
export function SegmentBuilder() {
  const { params, query } = useRoute() as { params: { id?: string }; query: Record<string, string> };
  const mayEdit = useMay('edit');
  const stored = useAnswer<ShownSegment>(
    params.id === undefined || !mayEdit ? undefined : `/v1/segments/${params.id}`,
  );
  if (!mayEdit) return <ReadOnly id={params.id} />;
  if (params.id === undefined)
    return <Editor key="new" segment={undefined} rule={readRule(query['rule'])} name={query['name'] ?? ''} />;
  return (
    <Read of={stored} title="Edit the segment">
      {(segment) => (
        // Of another version all of it is read anew.
        <Editor
          key={`${segment.id} ${segment.version}`}
          segment={segment}
          rule={segment.rule}
          name={segment.name}
          reload={stored.reload}
        />
      )}
    </Read>
  );
}

function ReadOnly({ id }: { id: string | undefined }) {
  return (
    <>
      <PageHead title={id === undefined ? 'New segment' : 'Edit the segment'} />
      <Empty title="Your key may look at segments, not change them.">
        <p>
          Sign in with a key that has the scope <code>edit</code>, or have an admin give it to yours.{' '}
          {id === undefined ? (
            <a href="/console/segments">To the segments</a>
          ) : (
            <a href={`/console/segments/${id}`}>To the segment as it is</a>
          )}
        </p>
      </Empty>
    </>
  );
}

/** A rule that another page hands over in the address. */
function readRule(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{"did":{}}');
  } catch {
    return { did: {} };
  }
}

function Editor({
  segment,
  rule: given,
  name,
  reload,
}: {
  segment: ShownSegment | undefined;
  rule: unknown;
  name: string;
  reload?: () => Promise<void>;
}) {
  const { route } = useLocation();
  const [first] = useState(() => ({ rule: grouped(given), about: aboutOf(segment, name) }));
  const [rule, setRule] = useState<unknown>(first.rule);
  const [about, setAbout] = useState(first.about);
  const [isText, setIsText] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const [isOvertaken, setIsOvertaken] = useState(false);
  const isSameRule = JSON.stringify(ungrouped(rule)) === JSON.stringify(ungrouped(first.rule));
  const isSame = isSameRule && JSON.stringify(about) === JSON.stringify(first.about);
  const release = useWork(!isSame);
  // Half a clause is no mistake of whoever is still clicking it together.
  const isOpen = rule === undefined || (!isText && isUnfilled(rule));
  // Counted is what is in view, typed or clicked, so that what comes of it has its place there.
  const estimated = useEstimate(isOpen ? undefined : rule, about.merge);

  const save = async (version: number | undefined) => {
    setWrong(undefined);
    if (about.name.trim() === '') return setWrong('Give it a name first.');
    if (rule === undefined) return setWrong('The text is not a rule yet.');
    if (isOpen) return setWrong('A clause has a field that is not filled in.');
    if (segment !== undefined && isSame) return setWrong('Nothing is changed yet.');
    const body = {
      ...(segment !== undefined && isSameRule ? {} : { rule: ungrouped(rule) }),
      ...changedIn(about, segment === undefined ? undefined : first.about),
    };
    try {
      const made =
        segment === undefined
          ? await call<ShownSegment>('POST', '/v1/segments', body)
          : await call<ShownSegment>('PATCH', `/v1/segments/${segment.id}`, body, undefined, version);
      tell(segment === undefined ? `${made.name} is made and being built.` : `${made.name} is changed.`);
      release();
      route(`/console/segments/${made.id}`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.type === 'version_conflict') setIsOvertaken(true);
      else setWrong(error.message);
    }
  };

  return (
    <>
      <p class="crumb">
        <a href="/console/segments">Segments</a>
        {segment !== undefined && (
          <>
            {' / '}
            <a href={`/console/segments/${segment.id}`}>{segment.name}</a>
          </>
        )}
      </p>
      <PageHead title={segment === undefined ? 'New segment' : `Edit ${segment.name}`}>
        <ActionButton class="primary" act={() => save(segment?.version)}>
          {segment === undefined ? 'Make the segment' : 'Save as a new version'}
        </ActionButton>
      </PageHead>
      {wrong !== undefined && (
        <p class="problem" role="alert">
          {wrong}
        </p>
      )}
      {isOvertaken && segment !== undefined && (
        <Conflict
          id={segment.id}
          read={segment.version}
          saveOver={async (version) => {
            // Whoever has saved once more in the meantime is shown too.
            setIsOvertaken(false);
            await save(version);
          }}
          takeTheirs={async () => reload?.()}
        />
      )}
      <div class="builder">
        <div class="form">
          <Card
            title="Rule"
            aside={
              <fieldset class="tabs">
                <legend class="unseen">How the rule is edited</legend>
                <button
                  type="button"
                  aria-pressed={!isText}
                  onClick={() => {
                    setIsText(false);
                    if (rule !== undefined) setRule(grouped(rule));
                  }}
                >
                  By clicking
                </button>
                <button type="button" aria-pressed={isText} onClick={() => setIsText(true)}>
                  By hand
                </button>
              </fieldset>
            }
          >
            {isText || rule === undefined ? (
              <RuleTyping
                rule={rule}
                change={(next) => setRule(isText || next === undefined ? next : grouped(next))}
                mistakes={estimated.mistakes}
              />
            ) : (
              <GroupEditor
                rule={rule}
                group={rule}
                path={[]}
                change={(next) => setRule(grouped(next))}
                estimated={estimated}
              />
            )}
          </Card>
          <AboutCard about={about} change={setAbout} hasVersions={segment !== undefined} />
        </div>
        <SizeCard isOpen={isOpen} estimated={estimated} before={segment?.size ?? undefined} />
      </div>
    </>
  );
}
