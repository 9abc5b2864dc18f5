// SPDX-License-Identifier: Apache-2.0
// A real Chromium without a window, and its pages. Camera and microphone are Chromium's own fakes (a moving picture and a
// beep each second) or play files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DevTools } from './pipe.mjs';

const binary = process.env.KMS_CHROMIUM ?? '/usr/bin/chromium';
const scripts = ['participant.js', 'looking.js', 'sync.js'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
const flags = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-extensions', '--disable-dev-shm-usage', '--mute-audio',
  // Several pages of one browser are watched at once: none may count as hidden.
  '--disable-renderer-backgrounding', '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows',
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection', '--remote-debugging-pipe',
];

function filesOf(camera) {
  return camera ? [`--use-file-for-fake-video-capture=${camera.video}`, `--use-file-for-fake-audio-capture=${camera.audio}`] : [];
}

class Page {
  #devtools;
  #target;
  #session;
  #loaded = new Set(); // loaders of documents

  static async of(devtools, target, session) {
    const page = new Page(devtools, target, session);
    devtools.each('Page.lifecycleEvent', session, ({ name, loaderId }) => name === 'load' && page.#loaded.add(loaderId));
    await page.send('Page.enable');
    await page.send('Page.setLifecycleEventsEnabled', { enabled: true });
    return page;
  }

  constructor(devtools, target, session) {
    [this.#devtools, this.#target, this.#session] = [devtools, target, session];
  }

  send(method, params) {
    return this.#devtools.call(method, params, this.#session);
  }

  // Until this document is loaded: a page's first, empty one may be so at any time, too.
  async go(url) {
    const { errorText, loaderId } = await this.send('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    while (!this.#loaded.has(loaderId)) await this.#devtools.event('Page.lifecycleEvent', this.#session);
  }

  // Runs a function in the page, with arguments that JSON can carry, and gives what it resolves to.
  async run(work, ...given) {
    const expression = `(${work})(...${JSON.stringify(given)})`;
    const options = { awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, ...options });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async close() {
    await this.#devtools.call('Target.closeTarget', { targetId: this.#target });
  }
}

export class Chromium {
  #process;
  #exited;
  #profile;
  #devtools;

  // Ends with the test or suite `t`. With `camera`, {video, audio}, its camera and microphone play these files over and over.
  static async start(t, { camera } = {}) {
    const browser = new Chromium();
    browser.#profile = await mkdtemp(path.join(tmpdir(), 'kms-chromium-'));
    // Its own process group, so that kill() ends all its processes and no others.
    browser.#process = spawn(binary, [...flags, ...filesOf(camera), `--user-data-dir=${browser.#profile}`, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true });
    browser.#exited = once(browser.#process, 'exit');
    browser.#devtools = new DevTools(browser.#process.stdio[3], browser.#process.stdio[4]);
    t.after(() => browser.#end());
    await browser.#devtools.call('Browser.getVersion');
    return browser;
  }

  // A page of its own window, with the functions of participant.js, looking.js and sync.js.
  async open(url) {
    const { targetId } = await this.#devtools.call('Target.createTarget', { url: 'about:blank', newWindow: true });
    const { sessionId } = await this.#devtools.call('Target.attachToTarget', { targetId, flatten: true });
    const page = await Page.of(this.#devtools, targetId, sessionId);
    for (const script of scripts) await page.send('Page.addScriptToEvaluateOnNewDocument', { source: await readFile(script, 'utf8') });
    await page.go(url);
    return page;
  }

  // As a power failure would end it: nothing says goodbye.
  async kill() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) process.kill(-this.#process.pid, 'SIGKILL');
    await this.#exited;
  }

  async #end() {
    await this.kill();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
