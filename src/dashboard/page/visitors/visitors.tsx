import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import type { ShownProfile } from '../../../api/profile.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Card, Empty, Field, Loading, PageHead, ProblemNote } from '../ui/parts.tsx';
import { ProfileView } from './profile.tsx';

/** One person, looked up by an id or as the browser that asks; each look is written down. */
export function Visitors() {
  const { query } = useRoute() as { query: Record<string, string> };
  const { route } = useLocation();
  const [text, setText] = useState(query['id'] ?? '');
  const id = query['id'];
  const look = (wanted: string) => route(`/console/visitors?id=${encodeURIComponent(wanted)}`);
  return (
    <>
      <PageHead title="Visitors" />
      <Card title="Look up">
        <form
          class="lookup"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== '') look(text.trim());
          }}
        >
          <Field
            label="Id"
            hint="A visitor’s 11 characters, or type:uid with a device type or a partner’s id. Each look is written down, with your key, under Audit."
          >
            {(ids) => (
              <input
                {...ids}
                value={text}
                placeholder="gaid:… or 11 characters"
                autocomplete="off"
                spellcheck={false}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            )}
          </Field>
          <div class="actions">
            <button type="submit" class="primary">
              Look up
            </button>
            <button type="button" onClick={() => look('me')}>
              This browser
            </button>
          </div>
        </form>
      </Card>
      {id !== undefined && <Found key={id} id={id} />}
    </>
  );
}

function Found({ id }: { id: string }) {
  const profile = useAnswer<ShownProfile>(`/v1/visitors/${encodeURIComponent(id)}`);
  if (profile.problem?.type === 'not_found')
    return (
      <Card title="Nobody">
        <Empty title={profile.problem.message} />
      </Card>
    );
  if (profile.problem !== undefined) return <ProblemNote problem={profile.problem} />;
  if (profile.value === undefined) return <Loading />;
  return <ProfileView profile={profile.value} isOwn={id === 'me'} forgotten={profile.reload} />;
}
