import { callCmp } from './cmp.ts';

/** The consent parameters of `/p.gif`, each exactly as the CMP gave it. */
export type Signals = Record<string, string>;

/**
 * What may be done on what the signals say, the lower beating the higher. The collector decides in the end;
 * the tag decides what leaves the page at all, and whether it keeps an id.
 */
export type Verdict = typeof REFUSED | typeof UNTOLD | typeof ALLOWED;
export const REFUSED = 0;
/** There is a signal that only the collector can read: the hit is sent, and no id is kept. */
export const UNTOLD = 1;
export const ALLOWED = 2;

type Answer = readonly [Verdict, Signals];

/** The part of `TCData` that counts here (IAB TCF, CMP API v2). */
interface TcData {
  readonly gdprApplies?: boolean;
  readonly eventStatus: string;
  readonly tcString: string;
  readonly purpose: { readonly consents: Readonly<Record<number, boolean>> };
  readonly vendor: { readonly consents: Readonly<Record<string, boolean>> };
}

/** The part of `PingData` that counts here (IAB GPP, CMP API 1.1). */
interface GppPing {
  readonly signalStatus: string;
  readonly gppString: string;
  readonly applicableSections: readonly number[];
  readonly parsedSections?: object;
}

/*
 * How each API's answer is read. `undefined` leaves what was known as it is: a CMP whose screen is open again
 * has not taken the last choice back. Data against the contract makes a reader throw, and is no answer.
 */

function readTcf(data: TcData, vendor: string | undefined): Answer | undefined {
  if (data.gdprApplies === false) return [ALLOWED, { gdpr: '0' }];
  if (data.eventStatus === 'cmpuishown' || !data.tcString) return undefined;
  const { consents } = data.purpose;
  // Purpose 1 to keep an id, 3 because a profile is all that a hit is for.
  const allowed = consents[1] && consents[3] && (!vendor || data.vendor.consents[vendor]);
  return [allowed ? ALLOWED : REFUSED, { gdpr: '1', gdpr_consent: data.tcString }];
}

function readGpp(ping: GppPing): Answer | undefined {
  if (ping.signalStatus !== 'ready') return undefined;
  const sections = ping.applicableSections;
  return [
    ping.parsedSections ? judgeSections(sections, JSON.stringify(ping.parsedSections)) : UNTOLD,
    { gpp: ping.gppString, gpp_sid: `${sections}` },
  ];
}

/**
 * Searched as text, because CMPs give a section as one object or as a list of its segments. In the US
 * sections 1 is "opted out" and 2 is "did not"; 2 (EU) and 5 (Canada) are the sections that want a yes.
 */
function judgeSections(sections: readonly number[], parsed: string): Verdict {
  return /OptOut":1|"Gpc":(true|1)|OptOutSale":"Y/.test(parsed) ||
    (sections.some((id) => id === 2 || id === 5) && !/"Purpose\w*Consents?":\[true,\w+,true/.test(parsed))
    ? REFUSED
    : ALLOWED;
}

function readUsp(text: string): Answer {
  // A missing string is no opt-out, but no word that there is none either.
  return [/^..Y/i.test(text) ? REFUSED : text ? ALLOWED : UNTOLD, { us_privacy: text }];
}

/** The consent APIs of a page, each asked once and heard from then on. */
export interface Consent {
  /** Asks each API that has turned up since the last time; true where any has ever been found. */
  ask(): boolean;
  /** What may be done; `undefined` = a choice is pending, and unknown is not yes. */
  verdict(): Verdict | undefined;
  signals(): Signals;
}

/**
 * @param vendor our id in the Global Vendor List where the page names it.
 * @param changed called after each answer.
 */
export function readConsent(vendor: string | undefined, changed: () => void): Consent {
  /** By API, `undefined` = asked and not answered. */
  const answers: Record<string, Answer | undefined> = {};
  const given = () => Object.values(answers).filter((answer) => answer !== undefined);

  const ask = (
    api: string,
    command: string,
    version: number | string,
    read: (data: never, success: boolean) => Answer | undefined,
  ) => {
    if (api in answers) return;
    const hear = (data: unknown, success: boolean) => {
      try {
        answers[api] = read(data as never, success) || answers[api];
      } catch {
        // As said above: no answer.
      }
      changed();
    };
    if (callCmp(api, command, version, hear) && !answers[api]) answers[api] = undefined;
  };

  return {
    ask() {
      ask('__tcfapi', 'addEventListener', 2, (data: TcData, success) =>
        success ? readTcf(data, vendor) : undefined,
      );
      ask('__gpp', 'addEventListener', '1.1', (event: { pingData: GppPing }) => readGpp(event.pingData));
      ask('__uspapi', 'getUSPData', 1, (data: { uspString?: string } | null) =>
        readUsp(data?.uspString || ''),
      );
      return Object.keys(answers).length > 0;
    },
    verdict() {
      const verdict = Math.min(ALLOWED, ...given().map(([one]) => one)) as Verdict;
      // Where GDPR applies its string alone decides, so that a GPP left unready there holds nothing up.
      const decided =
        !verdict || answers.__tcfapi?.[1].gdpr === '1' || Object.keys(answers).length === given().length;
      return decided ? verdict : undefined;
    },
    signals: () => Object.assign({}, ...given().map(([, signals]) => signals)),
  };
}
