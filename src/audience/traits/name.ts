/** A trait as uploads and rules name it: `provider:name`, the name as its provider has it. */
const FORM = /^[a-z0-9][a-z0-9_-]{0,63}:[^\p{C}\p{Z}](?:(?:[^\p{C}\p{Z}]| ){0,126}[^\p{C}\p{Z}])?$/u;
/** A name is stored and shown as it is, so it may not be where an address of a person comes in. */
const E_MAIL = /[^\s:]@\S|%40/i;

/** What a trait looks like, for who wrote another thing. */
export const TRAIT_FORM = 'provider:name, such as acme:car-buyers';

/**
 * @returns whether a text is a trait: a provider (`[a-z0-9][a-z0-9_-]{0,63}`), a colon, and 1 to 128
 *   printable characters that neither begin nor end with a space and hold no e-mail address.
 */
export const isTrait = (text: string): boolean => FORM.test(text) && !E_MAIL.test(text);
