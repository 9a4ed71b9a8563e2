import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { LocationProvider, Route, Router } from 'preact-iso/router';
import { awaitHeading } from '../ui/arrival.ts';
import '../ui/history-gate.ts';
import { Leaving } from '../ui/leaving.tsx';
import { Empty, PageHead } from '../ui/parts.tsx';
import { Navigation } from './navigation.tsx';
import { piece } from './piece.tsx';

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
              <Route path="/" component={Overview} />
              <Route path="/console/segments" component={Segments} />
              {/* No id begins with a hyphen. */}
              <Route path="/console/segments/-new" component={SegmentBuilder} />
              <Route path="/console/segments/-overlap" component={OverlapPage} />
              <Route path="/console/segments/:id" component={SegmentPage} />
              <Route path="/console/segments/:id/edit" component={SegmentBuilder} />
              <Route path="/console/destinations" component={Destinations} />
              <Route path="/console/destinations/:id" component={DestinationPage} />
              <Route path="/console/sites" component={Sites} />
              <Route path="/console/sites/:id" component={SitePage} />
              <Route path="/console/visitors" component={Visitors} />
              <Route path="/console/partners" component={Partners} />
              <Route path="/console/partners/:id" component={PartnerPage} />
              <Route path="/console/models" component={Models} />
              <Route path="/console/models/:id" component={ModelPage} />
              <Route path="/console/privacy" component={Privacy} />
              <Route path="/console/jobs" component={Jobs} />
              <Route path="/console/keys" component={Keys} />
              <Route path="/console/audit" component={Audit} />
              <Route path="/console/settings" component={Settings} />
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
