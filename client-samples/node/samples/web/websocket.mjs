// SPDX-License-Identifier: Apache-2.0
// The server's side of a WebSocket (RFC 6455), as far as pages need it: texts, no extensions.
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455, section 1.3
const largest = 1 << 20; // bytes of a message, and of what is buffered
const silence = 20_000; // milliseconds: a peer that does not answer a ping within this is gone
const opcodes = { more: 0, text: 1, close: 8, ping: 9, pong: 10 };
const closing = { normal: 1000, protocol: 1002, notText: 1003, tooLarge: 1009 };

// Events: 'text' (string); 'end', once, however the connection ended.
export class WebSocket extends EventEmitter {
  #socket;
  #buffer = Buffer.alloc(0);
  #parts = [];
  #heard = true;
  #timer;

  // Answers an 'upgrade' of node's http server; null when the request is none that we can take.
  static accept(request, socket, head) {
    const key = request.headers['sec-websocket-key'];
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || request.headers['sec-websocket-version'] !== '13' || !key) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return null;
    }
    const answer = createHash('sha1').update(key + magic).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`);
    return new WebSocket(socket, head);
  }

  constructor(socket, head) {
    super();
    this.#socket = socket;
    this.#timer = setInterval(() => this.#ask(), silence);
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => socket.end());
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      clearInterval(this.#timer);
      this.emit('end');
    });
    if (head.length) setImmediate(() => this.#take(head)); // once there are listeners
  }

  send(text) {
    this.#write(opcodes.text, Buffer.from(text));
  }

  close(code = closing.normal) {
    this.#write(opcodes.close, Buffer.from([code >> 8, code & 0xff]));
    this.#socket.end();
  }

  #ask() {
    if (!this.#heard) {
      this.#socket.destroy();
      return;
    }
    this.#heard = false;
    this.#write(opcodes.ping, Buffer.alloc(0));
  }

  #write(opcode, payload) {
    if (!this.#socket.writable) return;
    this.#socket.write(Buffer.concat([header(opcode, payload.length), payload]));
  }

  #take(bytes) {
    this.#heard = true;
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    for (let frame = read(this.#buffer); frame && this.#socket.writable; frame = read(this.#buffer)) {
      if (frame.refused) {
        this.close(frame.refused);
        return;
      }
      this.#buffer = this.#buffer.subarray(frame.end);
      this.#handle(frame);
    }
  }

  #handle({ opcode, last, payload }) {
    if (opcode === opcodes.text || opcode === opcodes.more) this.#collect(last, payload);
    else if (opcode === opcodes.ping) this.#write(opcodes.pong, payload);
    else if (opcode === opcodes.close) this.close();
    else if (opcode !== opcodes.pong) this.close(closing.notText);
  }

  #collect(last, payload) {
    this.#parts.push(payload);
    if (this.#parts.reduce((sum, part) => sum + part.length, 0) > largest) {
      this.close(closing.tooLarge);
      return;
    }
    if (!last) return;
    const text = Buffer.concat(this.#parts).toString();
    this.#parts = [];
    this.emit('text', text);
  }
}

function header(opcode, length) {
  const head = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = { 2: length, 4: 126, 10: 127 }[head.length];
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

// The first frame in `bytes`: {opcode, last, payload, end}; undefined when it is not all there; {refused} with the code
// to close with. What clients send is masked.
function read(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const begin = { 126: 4, 127: 10 }[short] ?? 2;
  if (!(bytes[1] & 0x80) || bytes[0] & 0x70) return { refused: closing.protocol };
  if (bytes.length < begin + 4) return undefined;
  const length = begin === 2 ? short : begin === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > largest) return { refused: closing.tooLarge };
  const end = begin + 4 + length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(begin + 4, end));
  for (let at = 0; at < length; ++at) payload[at] ^= bytes[begin + (at & 3)];
  return { opcode: bytes[0] & 0x0f, last: Boolean(bytes[0] & 0x80), payload, end };
}
