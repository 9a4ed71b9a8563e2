import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Receipt } from '../../../upload/receipt.ts';
import { Problem } from '../api/call.ts';
import { type Sent, sendFile } from '../api/send-file.ts';
import { useMay } from '../api/session.ts';
import { bytes } from '../format.ts';
import { Dialog } from '../ui/actions.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { Form } from '../ui/form.tsx';
import { Field } from '../ui/parts.tsx';
import { KINDS, type Kind, offered, writtenAs } from './kinds.ts';
import { ShownReceipt } from './receipt.tsx';

/** A parameter of an upload that somebody may give. */
interface Parameter {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** Of which it is one; none = a text of one's own. */
  readonly options?: readonly (readonly [value: string, words: string])[];
}

interface Of {
  readonly kind: Kind;
  readonly parameter?: Parameter;
  /** What to do next, once lines are stored. */
  readonly next?: preact.ComponentChildren;
  /** Something was stored. */
  readonly changed?: () => unknown;
}

/** The button that hands a file of lines in, for who may, and the dialog that it opens. */
export function UploadButton(of: Of) {
  const mayUpload = useMay('labels');
  const [isOpen, setIsOpen] = useState(false);
  if (!mayUpload) return null;
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        Upload {of.kind}
      </button>
      {isOpen && (
        <Dialog title={`Upload ${of.kind}`} close={() => setIsOpen(false)}>
          <Upload {...of} />
        </Dialog>
      )}
    </>
  );
}

/** Beside an upload's id, which the server makes of it and of the key that sends. */
const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('-');

function Upload({ kind, parameter, next, changed }: Of) {
  const [file, setFile] = useState<File>();
  const [type, setType] = useState('');
  const [given, setGiven] = useState('');
  const [sent, setSent] = useState<Sent>();
  const [receipt, setReceipt] = useState<Receipt>();
  const key = useRef(newKey());
  const ending = useRef<AbortController>(undefined);
  // Whoever closes the dialog has been asked.
  useEffect(() => () => ending.current?.abort(), []);
  const { forms, line } = KINDS[kind];
  const choose = (chosen: File | undefined) => {
    setFile(chosen);
    setType(chosen === undefined ? '' : writtenAs(kind, chosen.name).type);
    key.current = newKey();
  };
  const send = async () => {
    if (file === undefined)
      throw new Problem(
        0,
        'invalid',
        'There is no file yet.',
        [],
        [{ path: '/file', message: 'Choose a file.' }],
      );
    const query =
      parameter === undefined || given === '' ? '' : `?${new URLSearchParams({ [parameter.name]: given })}`;
    ending.current = new AbortController();
    setSent({ share: 0 });
    try {
      const answer = await sendFile<Receipt>(
        `/v1/${kind}${query}`,
        { file, contentType: type, idempotencyKey: key.current },
        setSent,
        ending.current.signal,
      );
      setReceipt(answer);
      if (answer.stored > 0) await changed?.();
    } finally {
      setSent(undefined);
    }
  };
  if (receipt !== undefined)
    return (
      <div class="form">
        <ShownReceipt kind={kind} receipt={receipt} />
        {receipt.stored > 0 && next}
        <div class="actions">
          <button
            type="button"
            onClick={() => {
              choose(undefined);
              setReceipt(undefined);
            }}
          >
            Upload another file
          </button>
        </div>
      </div>
    );
  return (
    <Form verb={`Upload ${kind}`} send={send}>
      {(wrong) => (
        <>
          <Field
            label="File"
            problem={wrong('/file')}
            hint={
              <>
                Of any size, plain or gzip. A line is <code>{line}</code>
                {forms.length > 1 && ', or a row of a table whose first line names these columns'}.
              </>
            }
          >
            {(ids) => (
              <input
                {...ids}
                type="file"
                accept={offered(kind)}
                disabled={sent !== undefined}
                onChange={(event) => choose(event.currentTarget.files?.[0])}
              />
            )}
          </Field>
          {file !== undefined && forms.length > 1 && (
            <SelectField
              label="Written as"
              value={type}
              change={setType}
              options={forms.map((one) => [one.type, one.words] as const)}
            />
          )}
          {parameter !== undefined && <Given of={parameter} value={given} change={setGiven} />}
          {sent !== undefined && file !== undefined && (
            <Progress sent={sent} size={file.size} stop={() => ending.current?.abort()} />
          )}
          {/* Who hears the page is told of the beginning and the end; how far it is they ask the bar. */}
          <p class="unseen" role="status">
            {sent !== undefined && (sent.share < 1 ? `${file?.name} is being sent.` : STORING)}
          </p>
        </>
      )}
    </Form>
  );
}

const Given = ({
  of: { label, hint, options },
  ...field
}: {
  of: Parameter;
  value: string;
  change: (value: string) => void;
}) =>
  options === undefined ? (
    <TextField label={label} hint={hint} isCode {...field} />
  ) : (
    <SelectField label={label} hint={hint} options={options} empty="none" {...field} />
  );

const PERCENT = new Intl.NumberFormat('en', { style: 'percent' });

const STORING = 'All of it is sent; its lines are being looked up and stored.';

/** How much of a file is sent. What the server does with it after that has no measure. */
function Progress({ sent: { share }, size, stop }: { sent: Sent; size: number; stop: () => void }) {
  const isSent = share >= 1;
  return (
    <div class="field">
      <progress aria-label="Upload" max={1} {...(isSent ? {} : { value: share })} />
      <p class="hint" aria-hidden="true">
        {isSent ? STORING : `${PERCENT.format(share)} of ${bytes(size)} sent`}
      </p>
      {!isSent && <Stop stop={stop} />}
    </div>
  );
}

/** Goes away under the focus, which then stays in the form, at the button that sends. */
function Stop({ stop }: { stop: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const own = button.current;
    const send = own?.form?.querySelector<HTMLButtonElement>('[type=submit]');
    return () => {
      if (document.activeElement === own) send?.focus();
    };
  }, []);
  return (
    <div class="actions">
      <button type="button" ref={button} onClick={stop}>
        Stop
      </button>
    </div>
  );
}
