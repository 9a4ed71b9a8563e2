import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { exec, LocationProvider, Route, Router } from 'preact-iso/router';
import { awaitHeading } from '../ui/arrival.ts';
import '../ui/history-gate.ts';
import { Leaving } from '../ui/leaving.tsx';
import { Empty, PageHead } from '../ui/parts.tsx';
import { Navigation } from './navigation.tsx';
import { type Piece, piece } from './piece.tsx';

const Overview = piece(() => import('../overview/overview.tsx').then((m) => m.Overview));
const Segments = piece(() => import('../segments/segments.tsx').then((m) => m.Segments));
const SegmentBuilder = piece(() => import('../segments/builder.tsx').then((m) => m.SegmentBuilder));
const OverlapPage = piece(() => import('../segments/overlap.tsx').then((m) => m.OverlapPage));
const SegmentPage = piece(() => import('../segments/segment.tsx').then((m) => m.SegmentPage));
const Destinations = piece(() => import('../destinations/destinations.tsx').then((m) => m.Destinations));
const DestinationPage = piece(() => import('../destinations/destination.tsx').then((m) => m.DestinationPage));
const Sites = piece(() => import('../sites/sites.tsx').then((m) => m.Sites));
const SitePage = piece(() => import('../sites/site.tsx').then((m) => m.SitePage));
const Visitors = piece(() => import('../visitors/visitors.tsx').then((m) => m.Visitors), 'visitors');
const Partners = piece(() => import('../partners/partners.tsx').then((m) => m.Partners));
const PartnerPage = piece(() => import('../partners/partner.tsx').then((m) => m.PartnerPage));
const Models = piece(() => import('../models/models.tsx').then((m) => m.Models));
const ModelPage = piece(() => import('../models/model.tsx').then((m) => m.ModelPage));
const Privacy = piece(() => import('../privacy/privacy.tsx').then((m) => m.Privacy));
const Jobs = piece(() => import('../jobs/jobs.tsx').then((m) => m.Jobs));
const Keys = piece(() => import('../keys/keys.tsx').then((m) => m.Keys), 'keys');
const Audit = piece(() => import('../audit/audit.tsx').then((m) => m.Audit), 'audit');
const Settings = piece(() => import('../settings/settings.tsx').then((m) => m.Settings), 'settings');

const ROUTES: readonly (readonly [path: string, page: Piece])[] = [
  ['/', Overview],
  ['/console/segments', Segments],
  // No id begins with a hyphen.
  ['/console/segments/-new', SegmentBuilder],
  ['/console/segments/-overlap', OverlapPage],
  ['/console/segments/:id', SegmentPage],
  ['/console/segments/:id/edit', SegmentBuilder],
  ['/console/destinations', Destinations],
  ['/console/destinations/:id', DestinationPage],
  ['/console/sites', Sites],
  ['/console/sites/:id', SitePage],
  ['/console/visitors', Visitors],
  ['/console/partners', Partners],
  ['/console/partners/:id', PartnerPage],
  ['/console/models', Models],
  ['/console/models/:id', ModelPage],
  ['/console/privacy', Privacy],
  ['/console/jobs', Jobs],
  ['/console/keys', Keys],
  ['/console/audit', Audit],
  ['/console/settings', Settings],
];

/** Asks for the script of the page at an address while it is not known yet who is signed in. */
export function preloadPage(path: string): void {
  try {
    ROUTES.find(([route]) => exec(path, route) !== undefined)?.[1].preload();
  } catch {
    // An address that is encoded wrongly: the router says so where it can be seen.
  }
}

/** Only these addresses are ours; a link to another of the server's pages is an ordinary one. */
const OURS = /^\/(\?|#|$|console(\/|$))/;

/** All pages below the navigation; each comes with its own piece of script, when it is first wanted. */
export function Pages() {
  const [loading, setLoading] = useState(false);
  const [url, setUrl] = useState(location.pathname);
  return (
    <LocationProvider scope={OURS}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="shell">
        <Navigation />
        <main id="main" tabIndex={-1} aria-busy={loading}>
          <div class="progress" hidden={!loading} />
          <Guard url={url}>
            <Router
              onLoadStart={() => setLoading(true)}
              onLoadEnd={() => setLoading(false)}
              onRouteChange={(next) => {
                setLoading(false);
                arrive(next, url);
                setUrl(next);
              }}
            >
              {ROUTES.map(([path, component]) => (
                <Route key={path} path={path} component={component} />
              ))}
              <Route default component={NotHere} />
            </Router>
          </Guard>
        </main>
      </div>
      <Leaving />
    </LocationProvider>
  );
}

/** Who goes to another page by keyboard or is told of it goes on at its heading, not at the link just left. */
function arrive(next: string, before: string): void {
  if (next.split('?')[0] === before.split('?')[0]) return;
  scrollTo(0, 0);
  requestAnimationFrame(awaitHeading);
}

/** A page that breaks takes neither the navigation nor the others with it. */
function Guard({ url, children }: { url: string; children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary();
  useEffect(() => {
    if (error !== undefined) console.error(error);
  }, [error]);
  useEffect(reset, [url]);
  if (error === undefined) return <>{children}</>;
  return (
    <Empty title="This page has broken.">
      <p>The fault is ours. The rest of the console works; the browser’s console has what happened.</p>
      <button type="button" onClick={reset}>
        Show it again
      </button>
    </Empty>
  );
}

function NotHere() {
  return (
    <>
      <PageHead title="Nothing is here" />
      <Empty title="There is no such page.">
        <p>
          <a href="/">To the overview</a>
        </p>
      </Empty>
    </>
  );
}
