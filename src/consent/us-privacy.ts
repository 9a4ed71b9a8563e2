/** What a US Privacy string says about the sale of personal data. */
export type UsPrivacy = 'opted_out' | 'no_opt_out' | 'unreadable';

const FORM = /^1[-YN]{3}$/i;

/** Whether a text is a US Privacy string, wherever it was put. */
export const isUsPrivacy = (text: string): boolean => FORM.test(text);

/**
 * Reads a US Privacy string (IAB Tech Lab, CCPA US Privacy String 1.0): version, notice given, opted out of
 * sale, covered by the LSPA. `1---` does not apply and so is no opt-out.
 *
 * @param text four characters such as `1YNN`; small letters are met in the wild and read alike.
 */
export function readUsPrivacy(text: string): UsPrivacy {
  if (!isUsPrivacy(text)) return 'unreadable';
  return text[2] === 'Y' || text[2] === 'y' ? 'opted_out' : 'no_opt_out';
}
