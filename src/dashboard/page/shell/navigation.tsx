import { useLocation } from 'preact-iso/router';
import { PAGES } from '../../pages.ts';
import { useSession } from '../api/session.ts';
import { icon } from '../ui/icon.ts';
import { leaveThen } from '../ui/work.ts';
import { mayOpen } from './needs.ts';

export function Navigation() {
  const { path } = useLocation();
  const { session, signOut } = useSession();
  const may = (id: string) => mayOpen(session.scopes, id);
  const link = (href: string, title: string, isHere: boolean) => (
    <li key={href}>
      <a href={href} aria-current={isHere ? 'page' : undefined}>
        {title}
      </a>
    </li>
  );
  return (
    <header class="side">
      <a class="brand" href="/" aria-label="Ninety, overview">
        <img src={icon} alt="" width="28" height="28" /> <span>Ninety</span>
      </a>
      <nav aria-label="Pages">
        <ul>
          {link('/', 'Overview', path === '/')}
          {PAGES.filter(({ id }) => may(id)).map(({ id, title }) =>
            link(`/console/${id}`, title, path.startsWith(`/console/${id}`)),
          )}
        </ul>
      </nav>
      <div class="who">
        <span class="muted small">
          {session.key?.name ?? session.key?.id}, {session.role}
        </span>
        <a class="small" href="/docs">
          API reference
        </a>
        <button type="button" class="quiet" onClick={() => leaveThen(signOut)}>
          Sign out
        </button>
      </div>
    </header>
  );
}
