import type { Place as ConsentPlace, Decision, Signals } from '../consent/decide.ts';
import { granted, withdrawn } from '../consent/decision.ts';
import { PURPOSES_WITHOUT_TCF } from '../consent/purposes.ts';
import { random64, type VisitorId, visitorId, visitorNumber } from '../identity/visitor.ts';
import type { Journal } from '../journal/journal.ts';
import type { Site } from '../registry/kinds.ts';
import { STORED, type Tally } from '../report/tally.ts';
import { type Agent, parseAgent, UNKNOWN_AGENT } from './agent.ts';
import { isCrawler } from './crawler.ts';
import { checkDeviceId, type DeviceId } from './device-id.ts';
import { encodeHit, encodeWithdrawal } from './encode.ts';
import { fieldsFit, isEvent, nameOf, PAGE_VIEW, propsOf } from './fields.ts';
import type { Geo } from './geo.ts';
import type { HitInput } from './hit.ts';
import { HitIds } from './ids.ts';
import { primaryLanguage } from './language.ts';
import { Latest } from './latest.ts';
import { NOBODY, Optouts } from './optouts.ts';
import { readPage } from './page.ts';
import { type Place, Places } from './places.ts';
import { readReferrer, sourceOf } from './referrer.ts';
import type { Refusal } from './refusal.ts';
import type { BrowserSigns, Sender } from './sender.ts';

/** How a hit ended. `visitor`: to be kept in a cookie; `forget`: the cookie is to be removed. */
export type Outcome =
  | { readonly stored: true; readonly visitor: VisitorId }
  | { readonly stored: false; readonly reason: Refusal; readonly forget: boolean };

/** What may be changed while the collector runs: sites, partners and with them the consent decision. */
export interface Rules {
  readonly siteByKey: (key: string) => Site | undefined;
  readonly decide: (signals: Signals, place: ConsentPlace) => Decision;
}

export interface CollectorOptions {
  readonly rules: () => Rules;
  readonly journal: Pick<Journal, 'append'>;
  readonly geo: Geo;
  readonly tally: Tally;
  readonly secret: string;
  readonly retentionDays: number;
  /** @default nobody is known to have opted out. */
  readonly optouts?: Optouts;
  /** The household of a hit that may be stored (UInt64); 0 = none. */
  readonly household?: ((input: HitInput, address: string, place: Place) => bigint) | undefined;
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
/** Clocks of servers that send hits are rarely further off; such a hit is taken to happen now. */
const CLOCK_SLACK_MS = 60_000;

const no = (reason: Refusal, forget = false): Outcome => ({ stored: false, reason, forget });

/**
 * From one observation to one line in the journal: named steps, each of which may refuse with a name.
 * Plain calls and no awaiting, because it runs for every hit.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #now: () => number;
  readonly #ids: HitIds;
  readonly #optouts: Optouts;
  /** What addresses tell, remembered for whoever else asks. */
  readonly places: Places;
  /** For whoever else writes a no down. */
  readonly latest = new Latest();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.places = new Places(options.geo);
    this.#ids = new HitIds(options.secret);
    this.#optouts =
      options.optouts ??
      new Optouts({ journal: options.journal, suppressed: NOBODY, secret: options.secret, fault: () => {} });
  }

  /**
   * Decides on a hit and, if it is to be kept, writes it down.
   *
   * @param done called once, when the hit is in a file on disk or refused.
   * @param fault why it is no hit, where who read it has found that already: told after the consent that it
   *   came with, because a no counts whatever else is wrong.
   */
  collect(input: HitInput, sender: Sender, done: (outcome: Outcome) => void, fault?: Refusal): void {
    const { rules, journal, tally } = this.#options;
    const now = this.#now();
    const latest = this.latest.of(now);
    const site = input.site === undefined ? undefined : rules().siteByKey(input.site);
    let place: Place | undefined;
    const end = (outcome: Outcome) => {
      tally.count(
        sender.origin === 'import' ? 'import' : 'collect',
        site?.id ?? '',
        outcome.stored ? STORED : outcome.reason,
        now,
        1,
        place?.country,
      );
      done(outcome);
    };
    if (site === undefined) return end(no(fault ?? 'unknown_site'));

    const time = this.#time(sender.time, now);
    // A no of then is older than everything that is stored, so whatever is known now came with a newer word.
    if (time === 'expired') return end(no(time));
    const agent =
      sender.userAgent === undefined
        ? UNKNOWN_AGENT
        : parseAgent(sender.userAgent, sender.browser?.clientHints);
    if (agent.bot) return end(no('bot'));
    const event = input.event === undefined || input.event === '' ? PAGE_VIEW : input.event;
    const device = readDevice(input);

    // Before the page is looked at: a no is heard also where the rest of the hit cannot be read.
    place = this.places.at(sender.address);
    const decision = this.#decide(input, sender, event, place);
    if (!decision.yes) {
      // What a server reports of another day is older than what was heard since; a browser speaks of now.
      const isOld = sender.browser === undefined && typeof time === 'number' && time < now - CLOCK_SLACK_MS;
      const at = isOld ? time : latest;
      return this.#refuse(decision, input, sender, site, device, at, end);
    }
    // Not before the decision: that it is a crawler is only likely, and a person's no must be heard.
    if (sender.browser !== undefined && seemsCrawler(agent, place, sender, sender.browser))
      return end(no('bot'));
    if (fault !== undefined) return end(no(fault));
    if (typeof time === 'string') return end(no(time));

    if (input.url === undefined || input.url === '') return end(no('url_missing'));
    const page = readPage(input.url, input);
    if (typeof page === 'string') return end(no(page));
    if (!isEvent(event) || !fieldsFit(input)) return end(no('bad_field'));
    const props = propsOf(input.props);
    if (props === 'bad_field') return end(no(props));
    if (typeof device === 'string') return end(no(device));
    const cookie = cookieOf(sender);
    let deviceVisitor = device && this.#ids.ofDevice(device);
    // In the order in which an id is the same person longest.
    let firstParty = this.#ids.ofFirstParty(input, site);
    let known = cookie ?? deviceVisitor ?? firstParty?.visitor;
    if (this.#optouts.size > 0) {
      const deviceIsOut = this.#isOut(deviceVisitor);
      const firstPartyIsOut = this.#isOut(firstParty?.visitor);
      // Ids that come together are one person's, so that one of them which has opted out speaks for all; but a
      // browser that has opted in again cannot make its sites and its device take other ids: those are left out.
      if (this.#isOut(cookie) || ((deviceIsOut || firstPartyIsOut) && !hasOptedIn(sender)))
        return end(no('opted_out'));
      if (deviceIsOut) deviceVisitor = undefined;
      if (firstPartyIsOut) firstParty = undefined;
      known = cookie ?? deviceVisitor ?? firstParty?.visitor;
    }
    if (known === undefined && !sender.mayMint) return end(no('no_id'));
    const visitor = known ?? this.mint();
    if (sender.jar !== undefined) sender.jar.visitor = visitor;

    const referrer = readReferrer(input.referrer ?? '', page.host, site.domains);
    const isView = event === PAGE_VIEW;
    const number = visitorNumber(visitor);
    const line = encodeHit({
      time,
      visitor: number,
      hit: this.#ids.ofHit(input.hitId, visitor, site.id),
      site: site.id,
      event,
      origin: sender.origin,
      page,
      referrer,
      dwellMs: input.dwellMs ?? 0,
      scroll: input.scroll ?? 0,
      place,
      language: primaryLanguage(sender.acceptLanguage),
      agent,
      tz: input.tz ?? 0,
      deviceType: (deviceVisitor && device?.type) ?? '',
      deviceId: (deviceVisitor && device?.id) ?? '',
      deviceVisitor: deviceVisitor === undefined ? 0n : visitorNumber(deviceVisitor),
      firstParty: firstParty === undefined || firstParty.visitor === visitor ? 0n : firstParty.number,
      // An imported log's visitors are for reckoning, and nobody's signal came with them.
      household:
        sender.origin === 'import' ? 0n : (this.#options.household?.(input, sender.address, place) ?? 0n),
      allowed: decision.allowed,
      source: sourceOf(referrer, page.source, isView),
      campaign: nameOf(input.campaign) || (isView ? page.campaign : ''),
      creative: nameOf(input.creative),
      props,
    });
    journal.append('hits', line, (failure) =>
      end(failure === undefined ? { stored: true, visitor } : no(failure)),
    );
  }

  #decide(input: HitInput, sender: Sender, event: string, place: Place): Decision {
    const word = this.#options.rules().decide(
      {
        gdpr: input.gdpr,
        gdprConsent: input.gdprConsent,
        gpp: input.gpp,
        gppSid: input.gppSid,
        usPrivacy: input.usPrivacy,
        gpc: sender.gpc,
        optedOut: sender.optedOut,
      },
      place,
    );
    // An owner's word stands for a yes that nobody has heard, and never against a no that came along.
    const decision = sender.consentGiven && (word.yes || !word.withdrawal) ? VOUCHED : word;
    // What the tag sends when the page's CMP or the browser says no: it stores nothing even where the signal
    // itself is one that only the browser can see, and ends what is known even where nothing would be stored anyway.
    if (event !== REFUSAL_EVENT || (!decision.yes && decision.withdrawal)) return decision;
    return decision.yes ? REFUSED_BY_TAG : withdrawn(decision.reason);
  }

  /** A new visitor. */
  mint(): VisitorId {
    return visitorId(random64());
  }

  /** Milliseconds, or why the moment cannot be taken. Rows of a day leave together, so the day counts. */
  #time(time: number, now: number): number | Refusal {
    if (!Number.isFinite(time)) return 'bad_field';
    if (time > now) return time > now + CLOCK_SLACK_MS ? 'future' : now;
    const lastDay = Math.floor(now / DAY_MS) - this.#options.retentionDays;
    return Math.floor(time / DAY_MS) <= lastDay ? 'expired' : Math.floor(time);
  }

  /** A no that is the person's own word ends what is known under every id that came with it. */
  #refuse(
    decision: Extract<Decision, { yes: false }>,
    input: HitInput,
    sender: Sender,
    site: Site,
    device: DeviceId | Refusal | undefined,
    now: number,
    end: (outcome: Outcome) => void,
  ): void {
    const cookie = cookieOf(sender);
    const firstParty = this.#ids.ofFirstParty(input, site)?.visitor;
    const deviceVisitor = typeof device === 'object' ? this.#ids.ofDevice(device) : undefined;
    const known = decision.withdrawal
      ? [cookie, deviceVisitor, firstParty].filter((visitor) => visitor !== undefined)
      : [];
    if (known.length === 0) return end(no(decision.reason));
    // A yes behind it in the same request is somebody new, as it would be in the next.
    if (sender.jar !== undefined) sender.jar.visitor = undefined;
    let waiting = known.length;
    let failed: Refusal | undefined;
    const written = (failure?: Refusal) => {
      failed ??= failure;
      waiting -= 1;
      // While the no is not written down the cookie stays, so that it can be said again.
      if (waiting === 0) end(no(failed ?? decision.reason, failed === undefined && cookie !== undefined));
    };
    for (const visitor of known) {
      // The mark is a browser's. So are our cookie, whose opt-out could not be written down when it was made, and
      // what each site knows it by: they opt out with it, and are deleted. Should the browser opt in again, it
      // gets other ids. A device stands for more than one browser and keeps its id whatever anybody opts in to,
      // so there the mark is a withdrawal, unless /optout was told of the device by name.
      // A request of many hits can name as many first-party ids, of which a browser has one: there too.
      const isBrowsers = visitor === cookie || (visitor === firstParty && sender.jar === undefined);
      if (decision.reason === 'opted_out' && isBrowsers) this.#optouts.write(visitor, now, written);
      else
        this.#options.journal.append(
          'consents',
          encodeWithdrawal(now, visitorNumber(visitor), sender.origin),
          written,
        );
    }
  }

  #isOut(visitor: VisitorId | undefined): boolean {
    return visitor !== undefined && this.#optouts.has(visitor);
  }
}

const hasOptedIn = ({ optedOut }: Sender): boolean => optedOut === false;

/** The visitor of our own cookie as the browser has it by now. */
const cookieOf = ({ jar, cookie }: Sender): VisitorId | undefined =>
  jar === undefined ? cookie : jar.visitor;

const readDevice = ({ deviceId, deviceType }: HitInput): DeviceId | Refusal | undefined =>
  deviceId === undefined || deviceId === '' ? undefined : checkDeviceId(deviceType ?? '', deviceId);

const REFUSAL_EVENT = 'refusal';
const REFUSED_BY_TAG = withdrawn('visitor_refused');
/** No partner: an imported visitor is known to nobody else. */
const VOUCHED = granted(PURPOSES_WITHOUT_TCF, []);

const seemsCrawler = (agent: Agent, place: Place, sender: Sender, signs: BrowserSigns) =>
  isCrawler({
    headless: agent.headless,
    headersMissing:
      (agent.sendsLanguage && !sender.acceptLanguage) ||
      (agent.sendsFetchMetadata && signs.secure && !signs.fetchMetadata),
    contradictory: agent.contradictory,
    dataCentre: place.dataCentre,
  });
