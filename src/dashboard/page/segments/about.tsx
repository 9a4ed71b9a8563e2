import { Card, Field } from '../ui/parts.tsx';
import type { ShownSegment } from './shown.ts';

/** What is said of a segment beside its rule, as it is typed. */
export interface About {
  readonly name: string;
  readonly folder: string;
  /** With commas between. */
  readonly labels: string;
  readonly merge: ShownSegment['merge'];
  /** Of the version that is being made. */
  readonly note: string;
}

export const aboutOf = (segment: ShownSegment | undefined, name: string): About => ({
  name: segment?.name ?? name,
  folder: segment?.folder ?? '',
  labels: (segment?.labels ?? []).join(', '),
  merge: segment?.merge ?? 'visitor',
  note: '',
});

/**
 * What of it the API is told.
 *
 * @param before as it was read: what is as it was is not told, so that it overwrites nobody's. undefined = all is new.
 */
export function changedIn(about: About, before: About | undefined): Record<string, unknown> {
  const labels = about.labels.split(',').flatMap((label) => label.trim() || []);
  const said: Record<keyof About, unknown> = {
    name: about.name.trim(),
    folder: about.folder.trim() || null,
    labels: labels.length === 0 ? null : labels,
    merge: about.merge,
    note: about.note.trim() || null,
  };
  // Nothing can be taken away of what is new, and a note is of its own version only.
  const isTold = (name: keyof About) =>
    before === undefined || name === 'note' ? said[name] !== null : about[name] !== before[name];
  return Object.fromEntries(Object.entries(said).filter(([name]) => isTold(name as keyof About)));
}

/** The fields for it. */
export function AboutCard({
  about,
  change,
  hasVersions,
}: {
  about: About;
  change: (about: About) => void;
  /** A note is of a version after the first. */
  hasVersions: boolean;
}) {
  const set = (part: Partial<About>) => change({ ...about, ...part });
  return (
    <Card title="About it">
      <div class="form">
        <Field label="Name" hint="What people here and destinations call it.">
          {(ids) => (
            <input
              {...ids}
              value={about.name}
              maxLength={200}
              required
              onInput={(event) => set({ name: event.currentTarget.value })}
            />
          )}
        </Field>
        <div class="form-row">
          <Field label="Folder" hint="Such as news/sport; may stay empty.">
            {(ids) => (
              <input
                {...ids}
                value={about.folder}
                onInput={(event) => set({ folder: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field
            label="Labels"
            hint="With commas between. sensitive, no-resale and no-third-party keep it from destinations."
          >
            {(ids) => (
              <input
                {...ids}
                value={about.labels}
                onInput={(event) => set({ labels: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
        <Field label="Asked of" hint="A device’s or household’s visitors may meet a rule together.">
          {(ids) => (
            <select
              {...ids}
              value={about.merge}
              onChange={(event) => set({ merge: event.currentTarget.value as ShownSegment['merge'] })}
            >
              <option value="visitor">each visitor alone</option>
              <option value="device">all visitors of a device together</option>
              <option value="household">a visitor, with the household’s members</option>
            </select>
          )}
        </Field>
        {hasVersions && (
          <Field label="Note" hint="Why this version; shown in its history.">
            {(ids) => (
              <input
                {...ids}
                value={about.note}
                maxLength={500}
                onInput={(event) => set({ note: event.currentTarget.value })}
              />
            )}
          </Field>
        )}
      </div>
    </Card>
  );
}
