import type { Summary } from '../summary.ts';
import { copyText } from './copy.ts';
import { byId, setAttribute, setText } from './element.ts';
import { timeToSecond } from './format.ts';
import { render } from './render.ts';

const EVERY_MS = 3_000;
const PATIENCE_MS = 15_000;
/** Of this tab, and gone with it: a key that lies about in a browser opens everything it is good for. */
const KEY = 'ninety.key';

let timer: ReturnType<typeof setTimeout> | undefined;
let underWay = false;

/** Fetches the numbers, shows them, and does so again in a while. */
async function refresh(): Promise<void> {
  if (underWay) return;
  underWay = true;
  clearTimeout(timer);
  const again = await look();
  underWay = false;
  if (again && !document.hidden) timer = setTimeout(refresh, EVERY_MS);
}

/** @returns whether to look again by itself. */
async function look(): Promise<boolean> {
  const key = sessionStorage.getItem(KEY);
  let answer: Response;
  try {
    answer = await fetch('/v1/overview', {
      headers: key === null ? {} : { Authorization: `Bearer ${key}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.ok) {
      showNumbers((await answer.json()) as Summary, key !== null);
      return true;
    }
  } catch {
    say('trouble', 'The server does not answer; trying again');
    return true;
  }
  if (answer.status === 401 || answer.status === 403) {
    askForKey(key === null ? '' : WRONG_KEY[answer.status]);
    return false;
  }
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  say('trouble', problem.detail ?? `The server answers ${answer.status}; trying again`);
  return true;
}

const WRONG_KEY = {
  401: 'This server does not know that key. Check that it is whole, and of this server.',
  403: 'The key is known, but may not read: it needs the scope read, edit or admin.',
} as const;

function showNumbers(summary: Summary, withKey: boolean): void {
  render(summary);
  byId('console').hidden = false;
  byId('sign-in').hidden = true;
  byId('sign-out').hidden = !withKey;
  say('live', 'Live');
  setText(byId('live-since'), `as of ${timeToSecond(summary.asOf)}`);
}

function askForKey(problem: string): void {
  sessionStorage.removeItem(KEY);
  byId('console').hidden = true;
  byId('sign-out').hidden = true;
  const hidden = byId('sign-in').hidden;
  byId('sign-in').hidden = false;
  setText(byId('key-problem'), problem);
  say('waiting', 'A key is needed');
  setText(byId('live-since'), '');
  if (hidden || problem !== '') byId('key').focus();
}

function say(state: 'live' | 'trouble' | 'waiting', text: string): void {
  setAttribute(byId('live'), 'data-state', state);
  setText(byId('live-state'), text);
}

byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = byId<HTMLInputElement>('key');
  const key = input.value.trim();
  input.value = '';
  // A header holds no other characters, and no key does.
  if (!/^[\x21-\x7e]+$/.test(key)) return askForKey(WRONG_KEY[401]);
  sessionStorage.setItem(KEY, key);
  void refresh();
});
byId('sign-out').addEventListener('click', () => {
  clearTimeout(timer);
  askForKey('');
});
for (const button of document.querySelectorAll<HTMLElement>('[data-copy]'))
  button.addEventListener('click', () => void copyText(byId(button.dataset['copy']!), button));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && byId('sign-in').hidden) void refresh();
});
void refresh();
