import { z } from 'zod';
import { httpUrl } from '../destinations/http-url.ts';

const text = (most: number) => z.string().trim().min(1).max(most);

/** Folders below a root, a bucket or a home: no step up, nothing hidden, no empty step. */
const PATH = /^\/?(?:[A-Za-z0-9_][A-Za-z0-9_.=-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*\/?)?$/;

/** Where files go, as settings of a destination. Flat, so that secrets stand by name like those of other types. */
const DROP_SHAPE = {
  drop: z
    .enum(['folder', 's3', 'sftp'])
    .describe('A folder of this machine, an S3-compatible bucket, or SFTP.'),
  path: z
    .string()
    .max(500)
    .regex(PATH, 'must be folders of A-Z, a-z, 0-9, _, ., = and -, separated by /')
    .default('')
    .describe('Folder below the drop. Only of SFTP it may begin with /.'),
  endpoint: httpUrl.optional().describe('S3: address of the service; without it that of AWS in the region.'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be the name of a region, as eu-central-1')
    .optional()
    .describe('S3: region that requests are signed for.'),
  bucket: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'must be the name of a bucket: 3 to 63 of a-z, 0-9, . and -, and begin and end with a letter or digit',
    )
    .optional()
    .describe('S3: bucket.'),
  accessKeyId: text(200).optional().describe('S3: access key id.'),
  secretAccessKey: text(500).optional().describe('S3: secret access key.'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be the name or address of a host')
    .optional()
    .describe('SFTP: host.'),
  port: z.int().min(1).max(65535).default(22).describe('SFTP: port.'),
  username: text(200).optional().describe('SFTP: user.'),
  password: text(500).optional().describe('SFTP: password, if no private key.'),
  privateKey: text(20_000).optional().describe('SFTP: private key in OpenSSH or PEM form, if no password.'),
  passphrase: text(500).optional().describe('SFTP: passphrase of the private key.'),
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'must be SHA256: and 43 characters, as ssh-keygen -l prints it')
    .optional()
    .describe("SFTP: fingerprint of the server's key; a server with another is not spoken to."),
} as const;

const dropObject = z.strictObject(DROP_SHAPE);
export type DropSettings = z.output<typeof dropObject>;

/** Settings of a drop that are kept encrypted. */
export const DROP_SECRETS = ['secretAccessKey', 'password', 'privateKey', 'passphrase'] as const;

/** Settings of a drop that say where it is, and by what it is known. */
export const DROP_PLACES = ['drop', 'endpoint', 'region', 'bucket', 'host', 'port', 'hostKey'] as const;

const REQUIRED = {
  folder: ['path'],
  s3: ['region', 'bucket', 'accessKeyId', 'secretAccessKey'],
  sftp: ['host', 'username', 'hostKey'],
} as const satisfies Record<DropSettings['drop'], readonly (keyof DropSettings)[]>;

/** What a kind of drop needs besides its own fields' form. */
function complete(settings: DropSettings, context: z.RefinementCtx): void {
  const wrong = (field: keyof DropSettings, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  for (const field of REQUIRED[settings.drop]) {
    if (settings[field] === undefined || settings[field] === '') {
      wrong(field, `is needed for the drop ${settings.drop}`);
    }
  }
  if (settings.drop !== 'sftp' && settings.path.startsWith('/')) wrong('path', 'must not begin with /');
  if (settings.drop === 'sftp' && (settings.password === undefined) === (settings.privateKey === undefined)) {
    wrong('password', 'either a password or a private key is needed for the drop sftp');
  }
}

/**
 * Settings of a destination that is given files.
 *
 * @param own fields beside those of the drop.
 */
export const withDrop = <Own extends z.ZodRawShape>(own: Own) =>
  z.strictObject({ ...DROP_SHAPE, ...own }).superRefine((settings, context) => {
    complete(settings as unknown as DropSettings, context);
  });

/** Limits of what is sent as files: a full list replaces the one before, so two chunks of it would replace each other. */
export const WHOLE_LIST = { lines: 1e9, concurrency: 1 } as const;
