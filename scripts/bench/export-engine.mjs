import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a benchmark reaches the engine of a server of its own, by the server's data folder. */
export function embedded(data) {
  const { enginePassword } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8'));
  const [, port] = /<http_port>(\d+)</.exec(readFileSync(join(data, 'engine', 'config.xml'), 'utf8'));
  return {
    urls: [`http://127.0.0.1:${port}`],
    user: 'ninety',
    password: enginePassword,
    database: 'ninety',
    cluster: undefined,
  };
}
