import { isObject, parseJson } from '../../json-object.ts';

/** The job of one file. */
export interface FileJob {
  readonly job: string;
  /** When it was asked for; milliseconds since 1970. */
  readonly begun: number;
  /** Whether its file is known to have reached Xandr. */
  readonly uploaded: boolean;
}

/** How far the files of a chunk are: each has a job of its own, which is what keeps it from being uploaded twice. */
export interface ChunkJobs {
  /** So many there are. */
  readonly files: number;
  /** At so many bytes they were parted; parted otherwise they are other files. */
  readonly fileBytes: number;
  /** In the order of the files; undefined: of this one there is none. */
  readonly jobs: readonly (FileJob | undefined)[];
}

/** What a try writes down for the next. */
export const writeJobs = (jobs: ChunkJobs): string => JSON.stringify(jobs);

/** Reads it. @returns undefined where nothing was written down. */
export function readJobs(remembered: string): ChunkJobs | undefined {
  const told = parseJson(remembered);
  if (!isObject(told)) return undefined;
  const { files, fileBytes, jobs } = told;
  if (typeof files !== 'number' || typeof fileBytes !== 'number' || !Array.isArray(jobs)) return undefined;
  return { files, fileBytes, jobs: Array.from({ length: files }, (_, place) => readJob(jobs[place])) };
}

function readJob(told: unknown): FileJob | undefined {
  if (!isObject(told)) return undefined;
  const { job, begun, uploaded } = told;
  if (typeof job !== 'string' || typeof begun !== 'number') return undefined;
  return { job, begun, uploaded: uploaded === true };
}

/** The same with another job for a file, or with none. */
export const withJob = (jobs: ChunkJobs, place: number, job: FileJob | undefined): ChunkJobs => ({
  ...jobs,
  jobs: jobs.jobs.map((each, at) => (at === place ? job : each)),
});

/** Whether Xandr has all files, as far as is known. */
export const isAllUploaded = ({ jobs }: ChunkJobs): boolean => jobs.every((job) => job?.uploaded === true);
