import { findCmp } from './cmp.ts';
import { LIMIT_MS, LOOK_MS } from './limits.ts';
import { labels } from './page.ts';
import { quietly } from './quietly.ts';
import { ALLOWED, PENDING, REFUSED, UNTOLD, type Verdict } from './verdict.ts';

/** What an API said, and its words as parameters of `/p.gif`: their alphabets need no encoding. */
type Answer = readonly [Verdict, string];

declare global {
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}

/** The part of `TCData` that counts here (IAB TCF, CMP API v2). */
interface TcData {
  readonly gdprApplies?: boolean;
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

/** By API, and under `out` the no of somebody who has opted out of this site's tag. */
export const answers: Record<string, Answer | undefined> = {};
/**
 * Above 0 once the APIs had their time. A choice screen takes it from them: whoever looks at one has not chosen,
 * however long it takes.
 */
let late = 0;
setTimeout(() => late++, LIMIT_MS);

/*
 * How each API's answer is read. A falsy one leaves what was known as it is: a CMP whose screen is open again
 * has not taken the last choice back. Data against the contract makes a reader throw, and is no answer.
 */

const readTcf = (data: TcData, text: string): Answer | false | '' =>
  data.gdprApplies === false
    ? [ALLOWED, 'gdpr=0']
    : !/cmpuishown/.test(text) &&
      data.tcString && [
        // Purpose 1 to keep an id, 3 because a profile is all that a hit is for.
        data.purpose.consents[1] &&
        data.purpose.consents[3] &&
        (!labels.vendor || data.vendor.consents[labels.vendor])
          ? ALLOWED
          : REFUSED,
        `gdpr=1&gdpr_consent=${data.tcString}`,
      ];

/**
 * Sections are searched as text, because CMPs give one as an object or as a list of its segments. In the US
 * sections 1 is "opted out" and 2 is "did not"; 2 (EU) and 5 (Canada) are the sections that want a yes.
 *
 * @param text the data as JSON.
 */
const readGpp = ({ pingData: ping }: { pingData: GppPing }, text: string): Answer | false =>
  ping.signalStatus === 'ready' && [
    !ping.parsedSections
      ? UNTOLD
      : /OptOut(Sale)?":(1|"Y)|Gpc":[1t]/.test(text) ||
          (/\b[25]\b/.test(ping.applicableSections as never) &&
            !/"Purpose\w*Consents?":\[true,\w+,true/.test(text))
        ? REFUSED
        : ALLOWED,
    `gpp=${ping.gppString}&gpp_sid=${ping.applicableSections}`,
  ];

/** A missing string is no opt-out, but no word that there is none either. */
const readUsp = (data: { uspString?: string } | null, _: string, said = data?.uspString || ''): Answer => [
  said ? (said[2] === 'Y' ? REFUSED : ALLOWED) : UNTOLD,
  `us_privacy=${said}`,
];

/**
 * Asks each consent API that has turned up since the last time, and hears it from then on.
 *
 * @param changed called after each answer.
 */
export const askCmp = (changed: () => void) => {
  const ask = (
    api: string,
    command: string,
    read: (data: never, text: string) => Answer | false | '',
    ...version: number[]
  ) => {
    const hear = quietly((data: unknown) => {
      // Later, so that a CMP which answers by two APIs in one go is heard as one answer.
      setTimeout(changed);
      const text = JSON.stringify(data);
      if (/cmpuishown|visible/.test(text)) late = -1;
      answers[api] = read(data as never, text) || answers[api]!;
    });
    const call = !answers[api] && findCmp(api, hear, command, ...version);
    if (call) {
      answers[api] = [PENDING, ''];
      call();
      // US Privacy tells nobody of a change.
      if (read === readUsp) setInterval(call, LOOK_MS);
    }
  };
  ask('__tcfapi', 'addEventListener', readTcf, 2);
  ask('__gpp', 'addEventListener', readGpp);
  ask('__uspapi', 'getUSPData', readUsp, 1);
};

/** What the APIs said, as parameters of `/p.gif`. */
export const signals = () =>
  Object.values(answers as Record<string, Answer>)
    .map(([, words]) => words)
    .join('&');

/**
 * What may be done. Where GDPR applies its string alone decides. Elsewhere an API past its limit counts as one
 * that nobody can read, but only once TCF or GPP has spoken: these know which law applies, which US Privacy
 * does not, so that its word never stands in for a European's. Global Privacy Control is a no that none lifts.
 */
export const verdict = () =>
  Math.min(
    navigator.globalPrivacyControl ? REFUSED : ALLOWED,
    ...Object.values(answers as Record<string, Answer>).map(([one]) =>
      one !== PENDING
        ? one
        : /gdpr=1/.test(signals())
          ? ALLOWED
          : late > 0 && /g.p/.test(signals())
            ? UNTOLD
            : PENDING,
    ),
  ) as Verdict;
