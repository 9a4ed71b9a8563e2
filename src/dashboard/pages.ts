/** The pages of the console under `/console/`, in the order of the navigation; the overview is at `/`. */
export const PAGES = [
  { id: 'segments', title: 'Segments' },
  { id: 'destinations', title: 'Destinations' },
  { id: 'sites', title: 'Sites' },
  { id: 'visitors', title: 'Visitors' },
  { id: 'partners', title: 'Partners' },
  { id: 'models', title: 'Models' },
  { id: 'privacy', title: 'Privacy' },
  { id: 'jobs', title: 'Jobs' },
  { id: 'keys', title: 'Keys' },
  { id: 'audit', title: 'Audit' },
  { id: 'settings', title: 'Settings' },
] as const;

export type PageId = (typeof PAGES)[number]['id'];
