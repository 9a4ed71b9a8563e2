import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { ShownType } from '../../../api/destinations.ts';
import { useAnswer } from '../api/use-answer.ts';
import { SelectField } from '../ui/fields.tsx';
import { Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { DestinationForm } from './destination-form.tsx';

/** A new destination: first of which type, then what that wants to know. */
export function NewDestination() {
  const { route } = useLocation();
  const types = useAnswer<{ items: ShownType[] }>('/v1/destination-types');
  const [chosen, setChosen] = useState('');
  return (
    <Read of={types}>
      {({ items }) => {
        const type = items.find((one) => one.type === chosen);
        return (
          <div class="form">
            <SelectField
              label="Type"
              hint={type?.summary}
              value={chosen}
              change={setChosen}
              options={items.map((one) => [one.type, one.title] as const)}
              empty="Choose a type"
            />
            {type !== undefined && (
              <DestinationForm
                key={type.type}
                type={type}
                done={({ id, name }) => {
                  tell(`${name} is added. Look at a dry run, then set its schedule.`);
                  route(`/console/destinations/${id}`);
                }}
              />
            )}
          </div>
        );
      }}
    </Read>
  );
}
