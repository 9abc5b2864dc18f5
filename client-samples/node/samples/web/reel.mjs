// SPDX-License-Identifier: Apache-2.0
// Records what a page shows, and plays the recording back to it.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Refusal } from './visit.mjs';

export class Reel {
  #with;
  #recorder = null;
  #player = null;
  #recording = null;
  #count = 0;

  // `picture` and `sound` are the elements that are recorded, `screen` is the one that the recording is played to, and
  // `live()` connects it again with what it showed before. `visit` hears 'played' at the end.
  constructor({ stage, visit, recordings, picture, sound, screen, live }) {
    this.#with = { stage, visit, recordings, picture, sound, screen, live };
    this.commands = { record: () => this.record(), stop: () => this.stop(), play: () => this.play() };
  }

  async record() {
    if (this.#recorder) throw new Refusal('RECORDING', 'it records already');
    const { stage, picture, sound } = this.#with;
    const recorder = await stage.session.create('RecorderEndpoint', { uri: this.#nextUri() });
    this.#recorder = recorder;
    stage.on(recorder.id, (type, data) => this.#hear(type, data));
    await picture.connect(recorder, { kind: 'video' });
    await sound.connect(recorder, { kind: 'audio' });
    await recorder.record();
  }

  // Ends a recording, or playing. Of a recording: what was written, and where this application has it.
  async stop() {
    if (this.#player) return this.#endPlaying();
    if (!this.#recorder) throw new Refusal('NOT_RECORDING', 'nothing is recorded or played');
    const recorder = this.#recorder;
    this.#recorder = null;
    try {
      const { recording } = await recorder.stop();
      this.#recording = recording;
      return { seconds: recording.duration, bytes: recording.sizeBytes, file: path.basename(new URL(recording.uri).pathname) };
    } finally {
      await this.#with.stage.remove(recorder);
    }
  }

  async play() {
    if (!this.#recording) throw new Refusal('NOTHING_RECORDED', 'record something first');
    if (this.#player) throw new Refusal('PLAYING', 'it plays already');
    const { stage, screen } = this.#with;
    const player = await stage.session.create('PlayerEndpoint', { uri: this.#recording.uri });
    this.#player = player;
    stage.on(player.id, (type, data) => this.#hear(type, data));
    try {
      await player.connect(screen);
      await player.play();
    } catch (failure) {
      await this.#endPlaying();
      throw failure;
    }
  }

  #nextUri() {
    this.#count += 1;
    const { recordings, stage } = this.#with;
    return pathToFileURL(path.join(recordings, `${stage.session.id}-${this.#count}.webm`)).href;
  }

  async #endPlaying() {
    const player = this.#player;
    this.#player = null;
    if (!player) return;
    await this.#with.live();
    await this.#with.stage.remove(player);
    this.#with.visit.send('played');
  }

  #hear(type, data) {
    const problem = ({ reason, details, message }) => this.#with.visit.send('problem', { reason, message: details ?? message });
    if (type === 'ElementError') problem(data);
    if (type === 'EndOfStream' || (type === 'ElementError' && this.#player)) this.#endPlaying().catch(problem);
  }
}
