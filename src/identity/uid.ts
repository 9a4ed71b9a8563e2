import { isIP } from 'node:net';

/** What partners' ids look like: printable ASCII without spaces. */
const UID = /^[\x21-\x7e]{1,512}$/;
/** No scheme of ids has an `@` (also percent-encoded) or a plus before nothing but digits: a person's address or number has. */
const PERSONAL = /@|%(?:25)*40|^(?:\+|%(?:25)*2b)[\d().-]{7,}$/i;

/** @returns whether a text can be a partner's id for somebody, and is no address of a person or of a machine. */
export const isUid = (text: string): boolean => UID.test(text) && !PERSONAL.test(text) && isIP(text) === 0;
