import type { RefusalCount } from '../../report/overview.ts';
import type { SegmentLine, SiteLine, Summary } from '../summary.ts';
import { drawMinutes } from './chart.ts';
import { copyText } from './copy.ts';
import { byId, fillRows, type Slots, setAttribute, setText } from './element.ts';
import { ago, bytes, count, counted, duration, outcome, timeToSecond } from './format.ts';

const TONES: Readonly<Record<string, string>> = {
  fresh: 'good',
  done: 'good',
  stale: 'warn',
  building: 'busy',
  running: 'busy',
  failed: 'bad',
  died: 'bad',
};

/** Shows the numbers. */
export function render(summary: Summary): void {
  setText(byId('last-minute'), count(summary.hitsByMinute.at(-2)?.hits ?? 0));
  setText(byId('visitors'), count(summary.visitors));
  setText(byId('hits'), count(summary.hits));
  setText(byId('partners'), count(summary.partnerCount));
  setText(byId('journal'), summary.journalBytes === null ? '–' : bytes(summary.journalBytes));
  setText(byId('retention'), count(summary.retentionDays));
  setText(byId('counted-at'), timeToSecond(summary.countedAt));
  drawMinutes(summary.hitsByMinute);
  renderStart(summary);
  renderSegments(summary);
  renderRefusals(summary.refusals);
  renderSites(summary);
  renderRuns(summary);
}

function renderStart({ hits, sites }: Summary): void {
  const site = sites[0];
  byId('start').hidden = hits > 0 || site === undefined;
  if (site === undefined) return;
  setText(byId('start-site'), site.name);
  setText(byId('start-tag'), site.tag);
}

function renderSegments({ segments, segmentCount, asOf }: Summary): void {
  byId('segment-table').hidden = segments.length === 0;
  byId('first-segment').hidden = segments.length > 0;
  setText(byId('segment-count'), shown(segments.length, segmentCount));
  setText(byId('first-segment-command'), firstSegment(location.origin));
  fillRows(
    byId('segment-rows'),
    'segment-row',
    segments,
    ({ id }) => id,
    (slot, segment: SegmentLine) => {
      setText(slot('name'), segment.name);
      setText(slot('id'), segment.id);
      setText(slot('size'), segment.size === null ? '–' : count(segment.size));
      setText(slot('reason'), segment.reason ?? '');
      setBadge(slot('state'), segment.state);
      setMoment(slot('asOf'), segment.asOf, asOf);
    },
  );
}

/** A command to paste: everybody seen within a week. */
const firstSegment = (api: string) =>
  `curl ${api}/v1/segments \\
  -H 'Authorization: Bearer KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{"name":"Seen this week","rule":{"did":{},"within":"7d"}}'`;

function renderRefusals(refusals: readonly RefusalCount[]): void {
  byId('refusal-table').hidden = refusals.length === 0;
  byId('no-refusals').hidden = refusals.length > 0;
  fillRows(
    byId('refusal-rows'),
    'refusal-row',
    refusals,
    ({ room, reason }) => `${room} ${reason}`,
    (slot, refusal) => {
      setText(slot('reason'), refusal.reason);
      setText(slot('sentence'), refusal.sentence);
      setText(slot('room'), refusal.room);
      setText(slot('lastHour'), count(refusal.lastHour));
      setText(slot('n'), count(refusal.n));
    },
  );
}

function renderSites({ sites, siteCount }: Summary): void {
  byId('no-sites').hidden = sites.length > 0;
  setText(byId('site-count'), shown(sites.length, siteCount));
  fillRows(
    byId('site-rows'),
    'site-row',
    sites,
    ({ id }) => id,
    (slot, site: SiteLine) => {
      setText(slot('name'), site.name);
      setText(slot('id'), site.id);
      setText(slot('counts'), `${counted(site.hits, 'hit')}, ${counted(site.visitors, 'visitor')}`);
      setText(slot('tag'), site.tag);
      const button = slot('copy') as HTMLButtonElement;
      setAttribute(button, 'aria-label', `Copy the tag of ${site.name}`);
      button.onclick = () => void copyText(slot('tag'), button);
    },
  );
}

function renderRuns({ runs, asOf }: Summary): void {
  byId('run-table').hidden = runs.length === 0;
  byId('no-runs').hidden = runs.length > 0;
  fillRows(
    byId('run-rows'),
    'run-row',
    runs,
    ({ run }) => run,
    (slot, run: Summary['runs'][number]) => {
      setText(slot('job'), run.job);
      setBadge(slot('state'), run.state);
      setMoment(slot('started'), run.started, asOf);
      setText(
        slot('took'),
        run.ended === null ? '' : duration(Date.parse(run.ended) - Date.parse(run.started)),
      );
      setText(slot('result'), run.error === '' ? outcome(run.result) : run.error);
    },
  );
}

const shown = (here: number, all: number) =>
  here < all ? `first ${count(here)} of ${count(all)}` : count(all);

function setBadge(badge: HTMLElement, state: string): void {
  setText(badge, state);
  setAttribute(badge, 'data-tone', TONES[state] ?? '');
}

function setMoment(element: ReturnType<Slots>, moment: string | null, now: string): void {
  setText(element, moment === null ? '–' : ago(moment, now));
  if (moment === null) return;
  setAttribute(element, 'datetime', moment);
  setAttribute(element, 'title', `${new Date(moment).toLocaleDateString('en-CA')} ${timeToSecond(moment)}`);
}
