// SPDX-License-Identifier: Apache-2.0
// Types of the library itself; what the API's messages and elements look like is in api.d.ts.
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { ElementKinds, Event, recorder, v1, WebRtcEndpoint, webrtc } from './api.js';

export * from './api.js';

/** A duration in seconds, with fractions. */
export type Seconds = number;

/** A packed message: its fields, and its full name as '@type'. */
export type Any = { '@type': string } & Record<string, unknown>;

/** What a call takes: as the message, but every field may be left out, or null; bytes may be any view, or an ArrayBuffer. */
export type Input<T> = T extends Date ? T
  : T extends Uint8Array ? ArrayBufferView | ArrayBuffer
  : T extends (infer Item)[] ? Input<Item>[]
  : T extends object ? { [Name in keyof T]?: Input<T[Name]> | null }
  : T;

export interface CallOptions {
  /** Seconds until the call fails with DEADLINE_EXCEEDED; default 30 or what connect() was given. */
  timeout?: Seconds;
  /** Aborting it cancels the call. */
  signal?: AbortSignal;
}

/** What a streaming command tells. The call begins at once; the server holds back while nobody reads. */
export interface Stream<Message> extends AsyncIterable<Message> {
  /** Fulfilled once the server misses nothing, or refuses; the iteration throws why. */
  readonly started: Promise<unknown>;
  /** Ends it. */
  cancel(): void;
}

/** What a command that takes a stream is given, at the server's pace. The call begins at once. */
export interface Sink<Message, Answer> {
  /** Fulfilled when more may be written; rejects with what has ended the call. */
  write(message: Message): Promise<void>;
  /** The server's answer, when it has taken all messages. */
  end(): Promise<Answer>;
  /** Ends it. */
  cancel(): void;
}

export interface ConnectOptions {
  /** Default: no encryption. */
  credentials?: ChannelCredentials;
  /** Deadline of calls in seconds, default 30. */
  timeout?: Seconds;
  /** How long to wait for the server, default 10 s. */
  wait?: Seconds;
  /** Folder of the .proto files, default the repository's proto/. */
  protoPath?: string;
}

/** Opens a connection; rejects with reason NO_SERVER when none answers. Default target 127.0.0.1:50051. */
export function connect(target?: string, options?: ConnectOptions): Promise<Client>;

export class Client {
  private constructor();
  /** Opens a session and keeps its lease until session.close() or client.close(). */
  createSession(options?: SessionOptions, call?: CallOptions): Promise<Session>;
  /** A session that exists, by id or name; this client keeps its lease, too. */
  session(id: string, call?: CallOptions): Promise<Session>;
  listSessions(options?: { pageSize?: number }): AsyncGenerator<v1.Session, void, undefined>;
  elementKinds(): Promise<v1.ElementKind[]>;
  /** What the server has finished of the recordings that a crash left behind, and whether it is still at work. */
  recoveredRecordings(call?: CallOptions): Promise<recorder.ListRecoveredRecordingsResponse>;
  /** Ends the connection. Sessions that are still open lapse with their lease. */
  close(): void;
}

export interface SessionOptions {
  /** 1 to 63 of [a-z0-9-]; the server makes one when left out. */
  id?: string;
  displayName?: string;
  tags?: Record<string, string>;
  /** Default 30 s. */
  lease?: Seconds;
  refuseTranscoding?: boolean;
  /** So many peers' sound is forwarded, the loudest; 0, the default: everybody's. */
  maxAudible?: number;
}

export interface ElementNaming {
  id?: string;
  displayName?: string;
  tags?: Record<string, string>;
}

/** One element of applyGraph(). */
export type ElementPlan = {
  [Title in keyof ElementKinds]: {
    kind: Title;
    options?: ElementKinds[Title]['options'];
    displayName?: string;
    tags?: Record<string, string>;
  };
}[keyof ElementKinds];

/** Which ports to connect; elements as objects, ids or names. */
export interface LinkPlan {
  source?: Element | string;
  sink?: Element | string;
  /** Default: every kind that both have. */
  kind?: v1.MediaKind;
  sourcePort?: string;
  sinkPort?: string;
}

export type LinkChoice = Pick<LinkPlan, 'kind' | 'sourcePort' | 'sinkPort'>;

export interface EventOptions {
  /** Sequence number of the last event already seen; 0, the default: all that the server still has. */
  after?: number;
  /** Aborting it ends the iteration. */
  signal?: AbortSignal;
}

export class Session {
  private constructor();
  readonly id: string;
  /** sessions/{id} */
  readonly name: string;
  readonly lease: Seconds;
  readonly displayName: string;
  readonly tags: Record<string, string>;

  create<Title extends keyof ElementKinds>(
    kind: Title, options?: ElementKinds[Title]['options'], naming?: ElementNaming, call?: CallOptions,
  ): Promise<ElementKinds[Title]['element']>;
  /** Elements, given by id, and links: all of it stands, or none of it. */
  applyGraph<const Plans extends Record<string, ElementPlan>>(
    graph: { elements?: Plans; links?: LinkPlan[] }, call?: CallOptions,
  ): Promise<{ elements: { [Id in keyof Plans]: ElementKinds[Plans[Id]['kind']]['element'] }; links: v1.Link[] }>;
  element(id: string, call?: CallOptions): Promise<Element>;
  elements(call?: CallOptions): Promise<Element[]>;
  connect(link: LinkPlan, call?: CallOptions): Promise<v1.Link[]>;
  /** How many links were removed. */
  disconnect(link: LinkPlan, call?: CallOptions): Promise<number>;
  links(call?: CallOptions): Promise<v1.Link[]>;
  graph(call?: CallOptions): Promise<v1.GetGraphResponse>;
  stats(call?: CallOptions): Promise<v1.GetStatsResponse>;
  /** The session as it is now. */
  get(call?: CallOptions): Promise<v1.Session>;
  /**
   * Events, each once and in order, until the session is closed. Goes on after a lost connection; throws a KmsError
   * with reason EVENTS_LOST when the server no longer has the next one.
   */
  events(options?: EventOptions): AsyncGenerator<Event, void, undefined>;
  /** Ends the session; recordings are finished when it returns. */
  close(call?: CallOptions): Promise<void>;
  /** Lets go of the session without ending it. */
  release(): void;
}

export class Element<Options = unknown> {
  protected constructor();
  readonly id: string;
  /** sessions/{session}/elements/{id} */
  readonly name: string;
  /** Of which it is a part. */
  readonly session: Session;
  /** Full name of the options message. */
  readonly kind: string;
  /** PlayerEndpoint, ... */
  readonly title: string;
  readonly options: Options;
  /** As they were when this object was made; get() asks again. */
  readonly ports: v1.Port[];

  connect(sink: Element | string, choice?: LinkChoice, call?: CallOptions): Promise<v1.Link[]>;
  /** Without a sink: from every taker. How many links were removed. */
  disconnect(sink?: Element | string, choice?: LinkChoice, call?: CallOptions): Promise<number>;
  /** Any command by its name in the proto. */
  command(name: string, fields?: object, call?: CallOptions): Promise<unknown>;
  stats(call?: CallOptions): Promise<v1.GetStatsResponse>;
  get(call?: CallOptions): Promise<v1.Element>;
  update(changes: Input<Omit<v1.UpdateElementRequest, 'name'>>, call?: CallOptions): Promise<v1.Element>;
  delete(call?: CallOptions): Promise<void>;
}

/** One event: `data` has the fields of the message named by `typeName`. */
export interface EventOf<Type extends string, TypeName extends string, Data> {
  sequence: number;
  time: Date;
  /** Resource name of the session or element. */
  source: string;
  /** Undefined for an event of the session itself. */
  elementId?: string;
  type: Type;
  typeName: TypeName;
  data: Data;
}

/** What a call failed with; the message is the reason and the details. */
export class KmsError extends Error {
  /** Name of the gRPC code, e.g. NOT_FOUND. */
  readonly code: string;
  /** Stable word, e.g. ELEMENT_NOT_FOUND; the code's name when the failure is not the server's. */
  readonly reason: string;
  /** The message without the reason. */
  readonly details: string;
  /** Resource name that the error is about, or empty. */
  readonly resource: string;
  readonly metadata: Record<string, string>;
}

export interface DataChannel extends Readonly<webrtc.DataChannel> {}
/** One data channel of an endpoint, with what the proto says of it. */
export class DataChannel {
  private constructor();
  /** Sends a text or bytes, after what was sent before, and waits while the channel has no room. */
  send(data: string | ArrayBufferView | ArrayBuffer, call?: CallOptions): Promise<void>;
  /** Sends all of it, by one call; the number of messages. Faster than one by one. */
  sendAll(
    messages: Iterable<string | ArrayBufferView | ArrayBuffer> | AsyncIterable<string | ArrayBufferView | ArrayBuffer>,
    call?: Pick<CallOptions, 'signal'>,
  ): Promise<number>;
  /** After what was sent before; its state tells the end. */
  close(call?: CallOptions): Promise<void>;
}

/** What comes over data channels: a message, or that a channel is new or has another state. */
export type FromDataChannel =
  | { channel: DataChannel; data: string | Uint8Array; state?: undefined }
  | { channel: DataChannel; data?: undefined; state: webrtc.DataChannelState };

/** The data channels of a WebRtcEndpoint, and what comes over them, in order; the peer is held up while nobody iterates. */
export class DataChannels implements AsyncIterable<FromDataChannel> {
  private constructor();
  /** Misses nothing of a peer that has not been answered yet. */
  static of(endpoint: WebRtcEndpoint, call?: CallOptions): Promise<DataChannels>;
  /** Opens a channel to the peer, now or when the connection has an m-line for data. */
  create(
    label: string,
    choices?: Input<Omit<webrtc.CreateDataChannelRequest, 'name' | 'label'>>,
    call?: CallOptions,
  ): Promise<DataChannel>;
  /** Those that are not closed, as far as the iteration has come. */
  readonly all: DataChannel[];
  /** The first of this label that is open. */
  find(label: string): DataChannel | undefined;
  /** Reads no more; the channels stay as they are. */
  cancel(): void;
  [Symbol.asyncIterator](): AsyncIterator<FromDataChannel>;
}
