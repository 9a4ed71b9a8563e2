import { Client, HOW_TO_GIVE_A_KEY, type Server } from './client.ts';
import { CommandError, EXIT } from './exit.ts';
import { adminKeyLines } from './welcome.ts';

/** Where a command's server is, as its options say. */
export interface ServerOptions {
  readonly url?: string;
  readonly key?: string;
}

/** How a server was found, for who wants to know. */
export type Found = 'named' | 'running' | 'started';

/**
 * Does a command's work with a server: the one that `--url` names, else the one that runs on this machine's
 * data folder, else one that is started for it and stopped after it.
 *
 * @param work gets a signal that Ctrl-C or SIGTERM sets off, and is waited for.
 * @throws what the work throws; CommandError, ConfigError and what keeps a server from starting.
 */
export async function withServer<T>(
  options: ServerOptions,
  work: (client: Client, signal: AbortSignal, found: Found) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const stop = () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new CommandError('interrupted', 'Interrupted.'));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const { signal } = interrupt;
  try {
    const named = namedServer(options);
    if (named !== undefined) return await work(new Client(named, signal), signal, 'named');
    const { readConfig } = await import('../config.ts');
    const config = readConfig(process.env);
    const running = await runningServer(config.data, options.key, signal);
    if (running !== undefined) return await work(new Client(running, signal), signal, 'running');
    process.stderr.write(`  No server runs on ${config.data}; starting one for this command.\n`);
    const [{ makeLog }, { serve }] = await Promise.all([import('../log.ts'), import('../serve/serve.ts')]);
    const own = await serve(
      { ...config, host: '127.0.0.1', port: 0, workers: 1, roles: new Set(['collect', 'api']) },
      makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel),
      signal,
    );
    try {
      process.stderr.write(adminKeyLines(own.welcome));
      const key = options.key ?? own.operatorKey;
      return await work(new Client({ url: own.listening, key }, signal), signal, 'started');
    } finally {
      await own.stop();
    }
  } catch (error) {
    // What was under way says of its end only that it was aborted.
    throw signal.aborted && !(error instanceof CommandError) ? signal.reason : error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function namedServer({ url, key = process.env['NINETY_ADMIN_KEY'] }: ServerOptions): Server | undefined {
  if (url === undefined) return undefined;
  if (!/^https?:\/\/[^\s/]+/.test(url))
    throw new CommandError(
      'usage',
      `--url must be an http or https URL, such as http://127.0.0.1:8090 (it is "${url}").`,
    );
  if (key === undefined || key === '')
    throw new CommandError('usage', `--url needs a key. ${HOW_TO_GIVE_A_KEY}`);
  return { url: url.replace(/\/+$/, ''), key };
}

/** The file that tells of a server stays behind when the server is killed: only who knows its key is it. */
async function runningServer(
  data: string,
  key: string | undefined,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const { readOperator } = await import('../serve/operator.ts');
  const operator = await readOperator(data);
  if (operator === undefined) return undefined;
  const { url } = operator;
  const timely = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const answer = await new Client({ url, key: operator.key }, timely)
    .send('GET', '/v1/keys?limit=1')
    .catch(() => undefined);
  answer?.body.resume();
  signal.throwIfAborted();
  if (answer?.status === 404)
    throw new CommandError(
      'no_api',
      `The server that runs on ${data} has no role api (NINETY_ROLES). Name one that has with --url.`,
    );
  return answer?.status === 200 ? { url, key: key ?? operator.key } : undefined;
}

/** On the same machine; one that is at its limit still finds the time within this. */
const ANSWER_MS = 10_000;
