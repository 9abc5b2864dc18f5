// SPDX-License-Identifier: Apache-2.0
// A page that sends the camera, shows what comes back, records it and plays the recording.
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, enter, facts, release, showError, soundButton, state } from './page.js';

export class Studio {
  #sample;
  #listen;
  #stream;
  #peer;
  #recorded = false;

  // `listen` has functions for further events of the sample.
  constructor(sample, listen = {}) {
    this.#sample = sample;
    this.#listen = listen;
    soundButton('sound', $('view'));
    for (const name of ['start', 'record', 'stop', 'play', 'end']) if ($(name)) action(name, () => this[name]());
    this.#ready('Press “Start camera”');
  }

  async start() {
    enter('starting', 'Starting…');
    this.#recorded = false;
    try {
      this.#stream = await capture();
      this.visit = await Visit.open(this.#sample, {
        ...facts(),
        ...this.#listen,
        lost: (data) => this.#lose(data),
        ended: ({ reason }) => this.#lose({ reason, message: 'the session has ended' }),
        played: () => this.#live('Live'),
      });
      this.#peer = await connectPeer(this.visit, { stream: this.#stream, view: $('view') });
      this.#live('Live');
    } catch (failure) {
      this.end();
      throw failure;
    }
  }

  async record() {
    $('file').hidden = true;
    await this.visit.ask('record');
    enter('recording', 'Recording');
  }

  async stop() {
    if (state() === 'playing') {
      await this.visit.ask('stop'); // 'played' says when it is over
      return;
    }
    enter('stopping', 'Finishing the recording…');
    try {
      const { seconds, bytes, file } = await this.visit.ask('stop');
      Object.assign($('file'), { href: `/recordings/${file}`, download: file, hidden: false });
      $('file').textContent = `Download ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB`;
      this.#recorded = true;
    } finally {
      this.#live('Live');
    }
  }

  async play() {
    enter('playing', 'Playing the recording');
    await this.visit.ask('play').catch((failure) => {
      this.#live('Live');
      throw failure;
    });
  }

  end() {
    this.visit?.close();
    this.#peer?.close();
    release(this.#stream);
    $('view').srcObject = null;
    this.#ready('Ended');
  }

  #live(text) {
    enter('live', text);
    if ($('play')) $('play').disabled = !this.#recorded;
  }

  #ready(text) {
    enter('ready', text);
  }

  #lose(failure) {
    if (state() === 'ready') return;
    this.end();
    showError(failure);
  }
}
