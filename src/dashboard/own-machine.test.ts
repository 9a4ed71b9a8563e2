import { describe, expect, it } from 'vitest';
import { type Asker, isOwnMachine } from './own-machine.ts';

const config = { host: '127.0.0.1', publicUrl: undefined, trustProxy: [] };
const asker: Asker = {
  httpVersion: '1.1',
  headers: { host: '127.0.0.1:8090', 'user-agent': 'any' },
  socket: { remoteAddress: '127.0.0.1' },
};
const withHeaders = (headers: Asker['headers']): Asker => ({
  ...asker,
  headers: { ...asker.headers, ...headers },
});
const from = (remoteAddress: string | undefined): Asker => ({ ...asker, socket: { remoteAddress } });

describe('numbers are shown without a key', () => {
  it.each<[string, Partial<typeof config> | { publicUrl: string }, Asker]>([
    ['to a caller on the machine of a server as it comes', {}, asker],
    ['on HOST=localhost', { host: 'localhost' }, withHeaders({ host: 'localhost:8090' })],
    [
      'on HOST=::1',
      { host: '::1' },
      { ...withHeaders({ host: '[::1]:8090' }), socket: { remoteAddress: '::1' } },
    ],
    ['over IPv4 in an IPv6 socket', { host: 'localhost' }, from('::ffff:127.0.0.1')],
    ['from another loopback address', {}, from('127.0.0.53')],
    ['under the default port', {}, withHeaders({ host: 'localhost' })],
    ['under a name in capitals', {}, withHeaders({ host: 'LOCALHOST:8090' })],
    ['where the public URL is loopback too', { publicUrl: 'http://localhost:8090' }, asker],
    ['to the console itself', {}, withHeaders({ 'sec-fetch-site': 'same-origin' })],
    ['to someone who types the address', {}, withHeaders({ 'sec-fetch-site': 'none' })],
  ])('%s', (_, given, who) => {
    expect(isOwnMachine({ ...config, ...given }, who)).toBe(true);
  });
});

describe('a key is asked for', () => {
  it.each<[string, Partial<typeof config> | { publicUrl: string } | { trustProxy: string[] }, Asker]>([
    ['where the server listens on every address', { host: '0.0.0.0' }, asker],
    ['where it listens on every IPv6 address', { host: '::' }, asker],
    ['where it listens on an address of the network', { host: '192.0.2.7' }, asker],
    ['where it is published under a name', { publicUrl: 'https://audience.example.com' }, asker],
    [
      'where the published name only begins like loopback',
      { publicUrl: 'http://localhost.example.com' },
      asker,
    ],
    ['where it trusts a proxy', { trustProxy: ['127.0.0.1'] }, asker],
    ['from a caller on another machine', {}, from('192.0.2.9')],
    ['from an address that only begins like loopback', {}, from('127.0.0.1.example')],
    ['from an IPv4 caller of the network in an IPv6 socket', {}, from('::ffff:192.0.2.9')],
    ['from a socket that has gone', {}, from(undefined)],
    ['under a name that somebody pointed here', {}, withHeaders({ host: 'rebound.example.com:8090' })],
    ['under a name that only begins like loopback', {}, withHeaders({ host: '127.0.0.1.example.com' })],
    ['under a name that only ends like loopback', {}, withHeaders({ host: 'evil-localhost' })],
    ['without a Host header', {}, { ...asker, headers: {} }],
    ['with X-Forwarded-For', {}, withHeaders({ 'x-forwarded-for': '127.0.0.1' })],
    ['with X-Forwarded-Proto', {}, withHeaders({ 'x-forwarded-proto': 'https' })],
    ['with Forwarded', {}, withHeaders({ forwarded: 'for=127.0.0.1' })],
    ['with Via', {}, withHeaders({ via: '1.1 proxy' })],
    ['with X-Real-IP', {}, withHeaders({ 'x-real-ip': '192.0.2.9' })],
    ['over HTTP/1.0, as nginx without settings asks', {}, { ...asker, httpVersion: '1.0' }],
    ['from a page of another site', {}, withHeaders({ 'sec-fetch-site': 'cross-site' })],
    ['from a page on another port of this machine', {}, withHeaders({ 'sec-fetch-site': 'same-site' })],
  ])('%s', (_, given, who) => {
    expect(isOwnMachine({ ...config, ...given }, who)).toBe(false);
  });
});
