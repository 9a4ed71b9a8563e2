import { type Agent, request as plainRequest } from 'node:http';
import { createServer, request as secureRequest } from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readAllow } from '../outbound/allow.ts';
import { CONTRACT_TEST } from '../outbound/certificate.testing.ts';
import { createOutbound } from '../outbound/guarded.ts';
import { serve } from '../outbound/server.testing.ts';
import { outboundAgents } from './agents.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const toLoopback = createOutbound({
  allow: readAllow('127.0.0.0/8').allow,
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
});

const get = (url: string, agent: Agent) =>
  new Promise<string>((resolve, reject) => {
    const request = url.startsWith('https') ? secureRequest : plainRequest;
    request(url, { agent }, (response) => {
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });

describe('agents by the guarded way out', () => {
  it('speak TLS with the name that was asked for, and keep the connection', async () => {
    const server = createServer(CONTRACT_TEST, (request, response) => response.end(request.headers.host));
    let connections = 0;
    server.on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const { port } = server.address() as AddressInfo;
    const agents = outboundAgents(toLoopback, CONTRACT_TEST.cert);
    closing.push(() => agents.https.destroy());
    for (let turn = 0; turn < 2; turn++) {
      expect(await get(`https://contract.test:${port}/`, agents.https)).toBe(`contract.test:${port}`);
    }
    expect(connections).toBe(1);
    await expect(get(`https://other.test:${port}/`, agents.https)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(get(`https://127.0.0.1:${port}/`, agents.https)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(
      get(`https://contract.test:${port}/`, outboundAgents(toLoopback).https),
    ).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('speak plain HTTP to a network of our own, and to nobody else', async () => {
    const server = await serve(() => ({ status: 200, body: 'here' }));
    closing.push(server.close);
    const agents = outboundAgents(toLoopback);
    closing.push(() => agents.http.destroy());
    expect(await get(`http://own.test:${server.port}/`, agents.http)).toBe('here');
    // A connection of which the address is a public one, without going there.
    const elsewhere = createSocketServer();
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    closing.push(() => elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const toPublic = outboundAgents({
      ...toLoopback,
      connect: async (_, __, abort) => {
        const socket = await toLoopback.connect('127.0.0.1', port, abort);
        return Object.defineProperty(socket, 'remoteAddress', { value: '8.8.8.8' });
      },
    });
    await expect(get('http://public.test/', toPublic.http)).rejects.toMatchObject({
      reason: 'address_refused',
    });
  });

  it('reach nothing that may not be reached, however it is spelt', async () => {
    const agents = outboundAgents(createOutbound({}));
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', '2130706433']) {
      for (const scheme of ['http', 'https'] as const) {
        await expect(get(`${scheme}://${host}:9/`, agents[scheme])).rejects.toMatchObject({
          reason: 'address_refused',
        });
      }
    }
  });
});
