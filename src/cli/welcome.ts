import type { Welcome } from '../serve/seed.ts';

/** The admin key that a first start made, whichever command it was: it is shown once. Empty where none was made. */
export const adminKeyLines = (welcome: Welcome | undefined): string =>
  welcome?.adminKey === undefined
    ? ''
    : `  Admin key  ${welcome.adminKey}\n             (shown once: keep it; NINETY_ADMIN_KEY sets one of your own)\n`;
