// SPDX-License-Identifier: Apache-2.0
// A page of another origin than the door's publishes there: the browser asks first (preflight), and the page may read what
// WHIP says in headers.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { serveFolder } from './lib/files.mjs';
import { Server } from './lib/server.mjs';
import { sharedChromium } from './lib/shared.mjs';

const token = 'a-token-of-the-test';

describe('a page of another origin', () => {
  const shared = sharedChromium();

  test('publishes with a token, trickles, restarts ICE and leaves', async (t) => {
    const tokens = {};
    const server = await Server.kms(t, (folder) => {
      tokens.file = path.join(folder, 'tokens');
      return `  whip_tokens: ${tokens.file}\n  ice_servers: [{ url: "stun:stun.example.org" }]\n`;
    });
    await writeFile(tokens.file, `${token}\n`);
    const elsewhere = await serveFolder(t, '/nonexistent');
    assert.notEqual(new URL(elsewhere).origin, new URL(server.url).origin);
    const publisher = await shared.browser.open(elsewhere);
    t.after(() => publisher.close().catch(() => {})); // it may be gone

    const joined = await publisher.run(async (door, secret) => {
      globalThis.me = new Participant();
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
      for (const track of media.getTracks()) me.peer.addTransceiver(track, { direction: 'sendonly', streams: [media] });
      await me.peer.setLocalDescription();
      const body = me.peer.localDescription.sdp;
      const ask = (url, method, headers, content) => fetch(url, { method, headers: { Authorization: `Bearer ${secret}`, ...headers }, body: content });
      const refused = await fetch(`${door}/whip/hall`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
      const reply = await ask(`${door}/whip/hall`, 'POST', { 'Content-Type': 'application/sdp' }, body);
      await me.peer.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
      Object.assign(me, { ask, resource: new URL(reply.headers.get('Location'), `${door}/`).href, tag: reply.headers.get('ETag') });
      await until('media leaves', async () => (await me.rtp('outbound-rtp', 'video')).framesSent > 0);
      return { refused: refused.status, why: await refused.text(), status: reply.status, tag: me.tag, link: reply.headers.get('Link') };
    }, server.url, token);
    assert.equal(joined.refused, 401);
    assert.match(joined.why, /^TOKEN_MISSING/, 'a page may read why it is refused');
    assert.equal(joined.status, 201);
    assert.match(joined.tag, /^".+"$/);
    assert.match(joined.link, /stun:stun\.example\.org/);

    const viewer = await shared.browser.open(`${server.url}/healthz`);
    t.after(() => viewer.close().catch(() => {}));
    await viewer.run(async () => {
      globalThis.me = new Participant();
      await me.watch('hall');
      await me.firstFrame;
    });

    const restarted = await publisher.run(async () => {
      const type = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
      const names = (sdp) => ['ufrag', 'pwd'].map((name) => new RegExp(`^a=ice-${name}:.*$`, 'm').exec(sdp)[0]);
      const trickled = await me.ask(me.resource, 'PATCH', { ...type, 'If-Match': me.tag }, 'a=end-of-candidates\r\n');
      const stale = await me.ask(me.resource, 'PATCH', { ...type, 'If-Match': '"stale"' }, 'a=end-of-candidates\r\n');
      me.peer.restartIce();
      await me.peer.setLocalDescription();
      const [ufrag, password] = names(me.peer.localDescription.sdp);
      const reply = await me.ask(me.resource, 'PATCH', { ...type, 'If-Match': '*' }, `${ufrag}\r\n${password}\r\n`);
      const theirs = names(await reply.text());
      const sdp = me.peer.remoteDescription.sdp.replace(/^a=ice-ufrag:.*$/gm, theirs[0]).replace(/^a=ice-pwd:.*$/gm, theirs[1]);
      await me.peer.setRemoteDescription({ type: 'answer', sdp });
      const local = ufrag.replace('a=ice-ufrag:', '');
      await until('a path with the new credentials', async () => {
        const all = [...(await me.peer.getStats()).values()];
        const transport = all.find((each) => each.type === 'transport');
        return transport.iceLocalUsernameFragment === local && transport.iceState === 'connected';
      });
      return { trickled: trickled.status, stale: stale.status, status: reply.status, tag: reply.headers.get('ETag') };
    });
    assert.deepEqual([restarted.trickled, restarted.stale, restarted.status], [204, 412, 200]);
    assert.match(restarted.tag, /^".+"$/);
    assert.notEqual(restarted.tag, joined.tag);
    await viewer.run(() => me.longestPause(20));

    const left = await publisher.run(async () => {
      const replies = [await me.ask(me.resource, 'DELETE'), await me.ask(me.resource, 'DELETE')];
      me.peer.close();
      return replies.map(({ status }) => status);
    });
    assert.deepEqual(left, [200, 404]);
  });
});
