// SPDX-License-Identifier: Apache-2.0
// Written by tools/generate-types.mjs from the protos; do not edit, run `npm run types`.
import type { Any, CallOptions, Element, EventOf, Input, Seconds, Sink, Stream } from './index.js';

export namespace audio_mixer {
  /**
   * AudioMixer: a hub that mixes the sound of any number of hub ports; at each the others are heard, and not what comes in
   * there. Only the loudest are decoded. Its source port "audio" is the mix of all. Hub ports are made on request: sink and
   * source port "{port_id}.audio" each.
   */
  interface AudioMixerOptions {
    /** Default: one channel, 64 kbit/s, the loudest 3. Errors: INVALID_OPTIONS. */
    sound?: v1.SoundMix;
    /** Hub ports to begin with; see CreateHubPort. Default: none. */
    ports: v1.MixerPort[];
  }

  interface CreateHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    portId: string;
    input?: v1.MixerInput;
  }

  interface CreateHubPortResponse {
    port?: v1.HubPort;
  }

  interface DeleteHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
  }

  interface DeleteHubPortResponse {}

  interface SetInputRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
    /** All of it counts: what is left out has its default. */
    input?: v1.MixerInput;
  }

  interface SetInputResponse {}

  /** Event: another one speaks: he was the loudest for some tenths of a second. */
  interface ActiveSpeakerChanged {
    /** port_id; empty: he who spoke last has gone. */
    portId: string;
  }
}

export namespace composite {
  /**
   * Composite: a hub that makes one picture and one sound of those of any number of hub ports. Everyone sees the same picture
   * and hears all others, not himself. Its source ports "video" and "audio" are the picture and the mix of all, for recorders.
   * Hub ports are made on request: sink and source ports "{port_id}.audio" and "{port_id}.video" each; the pictures of all
   * are encoded once per codec.
   */
  interface CompositeOptions {
    /** Pixels, 16 to 4096, even. Default: 1280 x 720. */
    width: number;
    height: number;
    /** Pictures per second, 1 to 60. Default: 30. */
    framesPerSecond: number;
    /** Default: a grid. Errors: LAYOUT_INVALID. */
    layout?: composite.Layout;
    /** Default: nearly black. */
    background?: composite.Background;
    /**
     * An input that sends no pictures any more shows its last one for so long, then a placeholder with its name. 0.1 s to an
     * hour. Default: 5 s.
     */
    placeholderAfter?: Seconds;
    sound?: v1.SoundMix;
    /** Hub ports to begin with; see CreateHubPort. Default: none. */
    ports: v1.MixerPort[];
  }

  /**
   * Where inputs are seen. An input is a hub port into which something is linked; in the order in which hub ports were made.
   * One without pictures has a placeholder with its name.
   */
  interface Layout {
    /** Cells of one size, as many columns as make the pictures largest. The default. */
    grid?: composite.Grid;
    /** One is large, others are in a strip. */
    speaker?: composite.Speaker;
    /** All in one row, each as high as the picture. */
    sideBySide?: composite.SideBySide;
    /** One fills the picture, others are small in a corner. */
    pictureInPicture?: composite.PictureInPicture;
    /** Where the application says. */
    custom?: composite.Custom;
    /** Of all cells but custom ones. */
    look?: composite.Look;
    /** Pixels between cells and around them, 0 to an eighth of the picture's shorter side. Default: 0. */
    spacing: number;
  }

  interface Grid {}

  interface SideBySide {}

  interface Speaker {
    /** port_id of the large one. Default, and where there is no such input: who speaks, or else the first one. */
    main: string;
    /** Part of the picture's height or width that the strip has, 0.05 to 0.5. Default: 0.2. */
    stripShare: number;
    /** In the strip at most, 1 to 64. Default: 5. */
    mostInStrip: number;
    side: composite.Side;
  }

  type Side = 'unspecified' | 'bottom' | 'top' | 'left' | 'right';

  interface PictureInPicture {
    /** As in Speaker. */
    main: string;
    /** Part of the picture's height and width that a small one has, 0.05 to 0.5. Default: 0.2. */
    smallShare: number;
    /** Small ones at most, 1 to 64; those for which there is no room are left out. Default: 5. */
    mostSmall: number;
    corner: composite.Corner;
  }

  type Corner = 'unspecified' | 'bottom_right' | 'bottom_left' | 'top_right' | 'top_left';

  interface Custom {
    /** At most 256. None: nobody is seen. */
    cells: composite.Cell[];
  }

  interface Cell {
    /** port_id. As long as there is no such input the cell is empty. An input may be seen in several cells. */
    portId: string;
    /** Pixels, within the picture, at least 2 x 2; odd ones are rounded down. Cells may overlap. */
    x: number;
    y: number;
    width: number;
    height: number;
    /** Higher is in front; of equal ones the later. Default: 0. */
    z: number;
    look?: composite.Look;
    /** 0 to 1. Default: 1. */
    opacity?: number;
  }

  interface Look {
    fit: composite.Fit;
    /** Pixels inside of the cell, 0 to a quarter of its shorter side. Default: 0. */
    border: number;
    /** 0xRRGGBB. Default: white. */
    borderColor?: number;
    /** Writes the input's name into its picture. Default: false. */
    label: boolean;
  }

  type Fit = 'unspecified' | 'fit' | 'crop';

  interface Background {
    /** 0xRRGGBB. */
    color?: number;
    /** file:// of a PNG or JPEG picture of at most 8192 pixels each way, in a folder of files.read; it is scaled to fit. */
    imageUri?: string;
  }

  interface CreateHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    portId: string;
    input?: v1.MixerInput;
  }

  interface CreateHubPortResponse {
    port?: v1.HubPort;
  }

  interface DeleteHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
  }

  interface DeleteHubPortResponse {}

  interface SetInputRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
    /** All of it counts: what is left out has its default. */
    input?: v1.MixerInput;
  }

  interface SetInputResponse {}

  interface SetLayoutRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    layout?: composite.Layout;
  }

  interface SetLayoutResponse {
    /** port_ids that the layout names and that are no inputs now. */
    notThere: string[];
  }

  interface SetBackgroundRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    background?: composite.Background;
  }

  interface SetBackgroundResponse {}

  /** Event: another one speaks: he was the loudest for some tenths of a second. */
  interface ActiveSpeakerChanged {
    /** port_id; empty: he who spoke last has gone. */
    portId: string;
  }
}

export namespace dispatcher {
  /**
   * Dispatcher: a hub that hands on what enters at any of its hub ports to any others, as it comes. Each hub port, made on
   * request, has the sink and source ports "{port_id}.audio" and "{port_id}.video". Where one sends what another was sent
   * before, pictures change with a key frame, and receivers of RTP keep their SSRC, sequence numbers and time stamps going.
   */
  interface DispatcherOptions {
    /** Hub ports to begin with, by id; see CreateHubPort. Default: none. Errors: INVALID_ID, PORT_EXISTS, PORT_QUOTA. */
    ports: string[];
    /**
     * Connections to begin with, as by ConnectHubPorts in this order. Default: none.
     * Errors: PORT_NOT_FOUND, INVALID_OPTIONS.
     */
    connections: dispatcher.Connection[];
  }

  /** What enters the hub at one hub port leaves it at another one. */
  interface Connection {
    /** port_id of the hub port where media enters. */
    source: string;
    /** port_id of the one where it leaves. May be the same: whoever is there gets back what it sends. */
    sink: string;
    /** Sound or pictures. Default: both. */
    kind: v1.MediaKind;
  }

  interface CreateHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    portId: string;
  }

  interface CreateHubPortResponse {
    port?: v1.HubPort;
  }

  interface DeleteHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
  }

  interface DeleteHubPortResponse {}

  interface ConnectHubPortsRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** As in Connection. */
    source: string;
    sink: string;
    kind: v1.MediaKind;
  }

  interface ConnectHubPortsResponse {}

  interface DisconnectHubPortsRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** As in Connection. An empty source or sink, not both, means any. */
    source: string;
    sink: string;
    kind: v1.MediaKind;
  }

  interface DisconnectHubPortsResponse {
    /** How many connections were ended; sound and pictures count one each. */
    removed: number;
  }

  interface ListConnectionsRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
  }

  interface ListConnectionsResponse {
    /** Each of one kind. */
    connections: dispatcher.Connection[];
  }

  /** Event: a hub port sends something else from now on. */
  interface ConnectionChanged {
    /** port_id of the one that sends. */
    sink: string;
    kind: v1.MediaKind;
    /** port_id of where it comes from; empty: nothing is sent. */
    source: string;
  }
}

export namespace dispatcher_one_to_many {
  /**
   * DispatcherOneToMany: a hub that hands on what enters at one of its hub ports, the source, to all of them, as it comes.
   * Each hub port, made on request, has the sink and source ports "{port_id}.audio" and "{port_id}.video". When another
   * one becomes the source, pictures change with its next key frame, and receivers of RTP keep their SSRC, sequence numbers
   * and time stamps going: nothing is negotiated again.
   */
  interface DispatcherOneToManyOptions {
    /** Hub ports to begin with, by id; see CreateHubPort. Default: none. Errors: INVALID_ID, PORT_EXISTS, PORT_QUOTA. */
    ports: string[];
    /** The source to begin with, by its port_id. Default: none. Errors: PORT_NOT_FOUND. */
    source: string;
  }

  interface CreateHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    portId: string;
  }

  interface CreateHubPortResponse {
    port?: v1.HubPort;
  }

  interface DeleteHubPortRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
  }

  interface DeleteHubPortResponse {}

  interface SetSourceRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    portId: string;
    /** Of sound or of pictures alone: whoever speaks may be heard while another camera is seen. Default: of both. */
    kind: v1.MediaKind;
  }

  interface SetSourceResponse {}

  interface RemoveSourceRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** Default: sound and pictures. */
    kind: v1.MediaKind;
  }

  interface RemoveSourceResponse {}

  interface GetSourceRequest {
    /** sessions/{session}/elements/{element} */
    name: string;
  }

  interface GetSourceResponse {
    /** port_id of where sound and pictures come from; empty: none. */
    audio: string;
    video: string;
  }

  /** Event: another hub port is the source from now on, or none. */
  interface SourceChanged {
    /** As in GetSourceResponse. */
    audio: string;
    video: string;
  }
}

export namespace face_detection {
  /**
   * FaceDetectionFilter: finds faces, says where they are, and marks or hides them. Sink and source port: "video".
   * Sound runs through its "audio" ports untouched.
   */
  interface FaceDetectionOptions {
    /**
     * Path of a YuNet ONNX model inside a folder of files.read. Empty: the Haar cascade of opencv-data.
     * Errors: MODEL_NOT_FOUND, MODEL_INVALID.
     */
    modelPath: string;
    /** Detection runs on the picture scaled by this, 0.05 to 1. 0: default 1/3. */
    detectionScale: number;
    /** Smallest face, as a fraction of the picture's height, 0.02 to 1. 0: default 0.12. */
    minSize: number;
    /** Live: detections per second at most, 0.1 to 60. 0: default 10. Ignored with every_nth_frame. */
    detectionsPerSecond: number;
    /**
     * Detect in every n-th frame, in step with the video (deterministic; holds the video up while it detects; for
     * unpaced media). 0: beside the video.
     */
    everyNthFrame: number;
    /** How much a box lags to stop jitter: 0 (none) to 0.95. Default 0. */
    smoothing: number;
    drawing?: face_detection.Drawing;
  }

  interface Drawing {
    /** Nothing is drawn. */
    nothing?: face_detection.Nothing;
    boxes?: face_detection.Boxes;
    blur?: face_detection.Blur;
    overlay?: face_detection.Overlay;
  }

  interface Nothing {}

  interface Boxes {
    /** 0xRRGGBB. Default 0x00FF00. */
    color: number;
    /** Pixels, 1 to 64, rounded up to an even number. 0: by the face's size. */
    thickness: number;
  }

  interface Blur {
    /** How coarse, more than 0 to 1 (the whole face one colour). 0: default 0.25. */
    strength: number;
  }

  /** An image over the face, as Kurento's FaceOverlayFilter. */
  interface Overlay {
    /**
     * PNG, with or without alpha, at most 4096 x 4096: file:/// inside a folder of files.read. Errors:
     * URI_NOT_ALLOWED, IMAGE_NOT_FOUND, IMAGE_INVALID. Of a new filter's image only the first bytes are looked at; it is
     * unpacked with the first frames, and when that fails, IMAGE_INVALID is an ElementError and nothing is drawn.
     */
    uri: string;
    /** From the face box's left upper corner, as fractions of its width and height, -10 to 10. */
    offsetX: number;
    offsetY: number;
    /** Size as fractions of the face box, more than 0 to 10. 0: default 1. */
    width: number;
    height: number;
  }

  interface SetDrawingRequest {
    name: string;
    drawing?: face_detection.Drawing;
  }

  interface SetDrawingResponse {}

  /** Event: a detection's result. Sent when faces were found, and once when the last one has gone. */
  interface FacesDetected {
    faces: face_detection.Face[];
    /** Time stamp of the frame, from the first frame that the filter saw. */
    frameTime?: Seconds;
    /** Number of the frame, from 0. */
    frame: number;
  }

  interface Face {
    /** Fractions of the picture, 0 to 1, from the left upper corner. */
    x: number;
    y: number;
    width: number;
    height: number;
    /** Stays with a face while it is seen; never used again. */
    trackId: number;
    /** Detector's confidence, 0 to 1. */
    confidence: number;
  }
}

export namespace gstreamer_filter {
  /**
   * GStreamerFilter: a GStreamer bin of transforms, raw media in and out. Sink and source ports: "video" or "audio",
   * by kind; the other kind runs through untouched.
   */
  interface GStreamerFilterOptions {
    /**
     * Bin description as for gst-launch-1.0, of any length: "videobalance saturation=0 ! vertigotv". Only elements of
     * the configuration's allow-list (gstreamer_filter.allow); no source, sink or bin classes. One unlinked sink
     * pad and one unlinked source pad. No backslash, and no quotation mark but those around a property's whole value.
     * At most 256 elements, of them 16 queues. Errors: INVALID_OPTIONS, ELEMENT_NOT_ALLOWED (metadata: element),
     * PROPERTY_NOT_ALLOWED (metadata: property), BIN_QUOTA (metadata: quota), URI_NOT_ALLOWED (a property names a
     * file outside files.read), PLUGIN_MISSING (metadata: plugin).
     */
    bin: string;
    /** AUDIO or VIDEO. Default VIDEO. */
    kind: v1.MediaKind;
  }

  interface SetPropertyRequest {
    name: string;
    /** The element's name in the description (name=x), or its factory when it occurs once. */
    element: string;
    property: string;
    /** As written in gst-launch-1.0. */
    value: string;
  }

  interface SetPropertyResponse {}
}

export namespace pass_through {
  /**
   * PassThrough: a fixed point in the graph. Its takers stay linked while its source changes; media runs through
   * unchanged in whatever format comes, and costs nothing. Ports: "audio" and "video", sink and source.
   */
  interface PassThroughOptions {}
}

export namespace player {
  /**
   * PlayerEndpoint: plays a file, an http(s) URL or a live source into the graph. Source ports: "audio" and "video", and one
   * for each of `further_tracks`.
   */
  interface PlayerOptions {
    /**
     * file:///absolute/path, http(s)://... or live: rtsp(s)://[user:password@]host...,
     * rtmp://host/application/stream, srt://host:port?mode=caller|listener&streamid=... (a listener's host is an IP
     * address of this machine to be called at, its port at least 1024). Only what the configuration allows (files.read,
     * network.allow), redirects and what playlists name included. Errors at creation: URI_NOT_ALLOWED, INVALID_OPTIONS. The file itself is opened by Play
     * (or at once with autoplay); what is wrong with it comes as ElementError: NOT_FOUND, UNREADABLE, NOT_MEDIA,
     * TRUNCATED, NO_TRACKS; of live sources UNAUTHORIZED, too. User and password are told to the server that asks for
     * them (Digest or Basic) and to nobody else, in no event and no log. Certificates of rtsps must be valid for the host.
     */
    uri: string;
    /** Begin when created; otherwise wait for Play. */
    autoplay: boolean;
    /** As fast as the takers can, every frame, nothing dropped; for converting files. Default: paced by the clock. */
    unpaced: boolean;
    /** Begin again at the end, without EndOfStream. */
    loop: boolean;
    /**
     * Played one after the other, after `uri` (which may be left out then), without a gap: the time stamps of the next
     * one begin where the last one's end. Its codecs may be others. What cannot be played is told (ElementError) and
     * passed over; when none of them can be, the player fails. `loop` begins again with the first. At most 1000.
     */
    uris: string[];
    /**
     * How fast, 0.5 to 2; default 1. With another speed here, or with `volume`, sound is decoded and keeps its pitch;
     * otherwise it is silent while SetSpeed has set another one than 1. Pictures are sent on as they are, with the time
     * stamps of that speed. Media that cannot be sought in plays at 1, which is told: ElementError NOT_SEEKABLE.
     */
    speed: number;
    /** Of the sound, 0 (silent) to 10; 1 is as it is. Only when this is set is sound decoded in the player. */
    volume?: number;
    /** Leaves out the sound, or the pictures. */
    withoutAudio: boolean;
    withoutVideo: boolean;
    /**
     * Which tracks to play, by their number among those of their kind, from 1 as in GetMediaInfo; 0: the first. When
     * there is none of that number: ElementError TRACK_NOT_FOUND, and the others play.
     */
    audioTrack: number;
    videoTrack: number;
    /** The first sound track in a language, ISO 639 ("de", "deu", "ger"), instead of a number. */
    audioLanguage: string;
    /** Of a still image (PNG, JPEG), which is shown as video: pictures a second, 1 to 60, default 10. */
    stillFrameRate: number;
    /** For how long a still image is shown. Default: for ever; with `uris` 5 s. */
    stillDuration?: Seconds;
    /**
     * Tracks that are played beside the first ones, each on a source port of its own, all in sync: other languages, another
     * camera. Links take them by the names of their ports. Together at most 8 of a kind. Of what was asked for and is not
     * there: ElementError TRACK_NOT_FOUND, and the others play. Sources: all but rtsp(s), which has one track of a kind.
     * Errors at creation: INVALID_OPTIONS, INVALID_ID, PORT_EXISTS.
     */
    furtherTracks: player.FurtherTrack[];
    /** How an RTSP server is to send its media. Default: on the connection (TCP), and over UDP where it refuses that. */
    transport: player.Transport;
    /** Live sources: how long a packet that is late or missing is waited for; 20 ms to 10 s, default 200 ms. */
    latency?: Seconds;
    /** Live sources: without media for so long the source counts as lost; 0.5 s to 300 s, default 5 s. */
    stall?: Seconds;
    /**
     * What happens when the source is lost, or is not there: for live sources it is tried for ever unless this says
     * otherwise, for http(s) only if this is set (a stream without an end; its end counts as a loss), for files never.
     * Refusals that trying does not change are final: URI_NOT_ALLOWED, UNAUTHORIZED, CODEC_UNSUPPORTED, NO_TRACKS.
     */
    reconnect?: player.Reconnect;
    /**
     * Live sources over SRT: the passphrase of an encrypted one, 10 to 79 bytes; in no event and no log. Empty: the
     * stream is not encrypted.
     */
    srtPassphrase: string;
    /**
     * HLS (http(s)://.../*.m3u8): the variant with the most bits per second up to this is played, or the smallest if
     * none is within it. Default 0: no limit. It is not changed while it plays; sound in a playlist of its own
     * (EXT-X-MEDIA) is left out, encrypted segments are refused (ENCRYPTED). No seeking.
     */
    maxBandwidthBps: number;
  }

  interface FurtherTrack {
    /** AUDIO or VIDEO. */
    kind: player.TrackKind;
    /**
     * Its number among those of its kind, from 1 as in GetMediaInfo. One that no other port has: "audio" and "video" have
     * `audio_track` and `video_track`, 1 unless they or `audio_language` say otherwise.
     */
    number: number;
    /**
     * Or: the first of its kind in a language (ISO 639) that goes to no other port, so that two of one language may be asked
     * for. A port that asks for a track by its number has it before one that asks by its language.
     */
    language: string;
    /**
     * The name of its port: 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: "audio-2", "audio-3", ... or
     * "video-2", ..., counted among those of its kind, as the sink ports of a RecorderEndpoint.
     */
    portId: string;
  }

  type Transport = 'unspecified' | 'udp' | 'tcp';

  /**
   * How a player keeps going whose source is lost. Play waits as long as it tries to reach the source for the first
   * time; the deadline of that call ends the waiting, not the trying. Stop does.
   */
  interface Reconnect {
    /** True: the loss is final, as ElementError and STATE_FAILED. */
    off: boolean;
    /** Before the first attempt; each further wait is twice as long, and varies by a fifth. 50 ms to 1 h, default 0.5 s. */
    initial?: Seconds;
    /** The longest wait; not less than `initial`, at most 1 h, default 10 s. */
    most?: Seconds;
    /** Attempts in a row that may fail; then the loss is final. 0: for ever. */
    attempts: number;
    /** What goes out of the ports meanwhile, once media has come. */
    onGap: player.OnGap;
    /**
     * For ON_GAP_PLACEHOLDER: file:///absolute/path of a PNG or JPEG picture in one of files.read, at most 8192 pixels
     * each way. What is wrong with it comes as ElementError (NOT_MEDIA) in the first gap, which the last frame bridges.
     */
    placeholderUri: string;
  }

  type OnGap = 'unspecified' | 'last_frame' | 'nothing' | 'placeholder';

  type State = 'unspecified' | 'stopped' | 'playing' | 'paused' | 'ended' | 'failed' | 'connecting' | 'reconnecting';

  interface PlayRequest {
    name: string;
  }

  interface PlayResponse {}

  interface PauseRequest {
    name: string;
  }

  interface PauseResponse {}

  interface SeekRequest {
    name: string;
    /** From the beginning of the media. */
    position?: Seconds;
    /** True: the key frame at or before the position (fast). False: exactly the position. */
    toKeyFrame: boolean;
  }

  interface SeekResponse {}

  interface StopRequest {
    name: string;
  }

  interface StopResponse {}

  interface GetPositionRequest {
    name: string;
  }

  interface GetPositionResponse {
    position?: Seconds;
    /** Not set when unknown (live). */
    duration?: Seconds;
    state: player.State;
    seekable: boolean;
    /** Of what plays, among `uri` and `uris`, from 0. Position and duration are of that item. */
    item: number;
    speed: number;
  }

  interface SetSpeedRequest {
    name: string;
    /** 0.5 to 2. */
    speed: number;
  }

  interface SetSpeedResponse {}

  interface SetVolumeRequest {
    name: string;
    /** 0 to 10; 1: as it is. */
    volume: number;
  }

  interface SetVolumeResponse {}

  interface GetMediaInfoRequest {
    name: string;
  }

  interface GetMediaInfoResponse {
    /** Not set when unknown. */
    duration?: Seconds;
    seekable: boolean;
    tracks: player.Track[];
  }

  /** A track of media, as its container describes it; 0 and "": not known. */
  interface Track {
    kind: player.TrackKind;
    /** Among those of its kind, from 1: PlayerOptions.audio_track and video_track. */
    number: number;
    /** "VP8", "H264", "OPUS", "AAC"...; "raw"; of what kms does not know, GStreamer's media type. */
    codec: string;
    /** ISO 639-2, as "deu". */
    language: string;
    width: number;
    height: number;
    /** Pictures a second; 0 also for a still image. */
    frameRate: number;
    /** Hz. */
    sampleRate: number;
    channels: number;
    /** It is played. */
    chosen: boolean;
    /** The source port it goes to; empty when it is not played. */
    port: string;
  }

  type TrackKind = 'unspecified' | 'audio' | 'video';

  /** Event: the state changed; of STATE_RECONNECTING also: another attempt has failed. */
  interface StateChanged {
    state: player.State;
    /** While RECONNECTING: the attempt that comes next, from 1 on; media that runs sets it back. */
    attempt: number;
    /** Why the source was lost or not reached: a reason as in ElementError, and a text for people. */
    reason: string;
    message: string;
    /** From this event to the attempt. */
    nextAttemptIn?: Seconds;
  }

  /** Event: an item of a list begins (PlayerOptions.uris); also the first one. */
  interface ItemStarted {
    /** Among `uri` and `uris`, from 0. */
    item: number;
  }

  /**
   * Event: an http(s) server broke off its answer, or stalled; the rest is asked for, from where it ended, after a
   * quarter of a second, twice as long before each further attempt (8 s at most). After `player.resume_attempts`
   * attempts without a byte follows an ElementError, TRUNCATED or UNREADABLE. Only of servers that give ranges.
   */
  interface Resuming {
    /** Where it goes on in the resource. */
    offsetBytes: number;
    /** From 1; counts anew after progress. */
    attempt: number;
    /** TRUNCATED: the answer ended early. UNREADABLE: the connection was lost, or the server stalled or is overloaded. */
    reason: string;
  }
}

export namespace recorder {
  type Container = 'unspecified' | 'webm' | 'matroska' | 'mp4' | 'hls';

  /** How HLS is made. */
  interface Hls {
    /**
     * A segment ends with the first key frame after so long; key frames are asked for. Default 4 s; 1 s to 60 s, else
     * INVALID_OPTIONS.
     */
    targetDuration?: Seconds;
    /**
     * 0, the default: the playlist has all segments (EVENT), and is one on demand in the end. Otherwise it is live: it
     * has so many of the last segments, 3 to 1000, and files that nobody needs any more are removed (from a folder; at
     * a storage they stay).
     */
    window: number;
  }

  type Tracks = 'unspecified' | 'audio_only' | 'video_only';

  /**
   * RecorderEndpoint: writes files. Sink ports: "audio" and "video", and more of them where asked for. What the container
   * can hold is copied; the rest is encoded by the planner.
   *
   * A recording is one part or several, each a file of its own that plays by itself. A new part begins where the media
   * changes into what the present file cannot hold, where a track comes late or is disconnected, and where it is split.
   */
  interface RecorderOptions {
    /**
     * Where to. file:///absolute/path inside a folder of files.write; s3://storage/bucket/key in a storage of the
     * server's storages; http(s)://host/path under one of uploads.allow, which gets it by PUT. What goes to a storage is
     * written into the spool (spool.folder) first: see PartStored. Otherwise INVALID_OPTIONS or
     * PERMISSION_DENIED/URI_NOT_ALLOWED.
     * Missing folders below those of files.write are made. An existing file there is refused with
     * ALREADY_EXISTS/FILE_EXISTS unless overwrite; at a storage it is replaced.
     * In the path stand for themselves: {session} and {element}, the last words of their names; {time}, when the part
     * began, in UTC as 20261128T081500Z; {part}, its number from 1. Other braces are refused with INVALID_OPTIONS. Parts
     * after the first have "-2", "-3" and so on before the name's ending when {part} is not in it. HLS has one name, that
     * of its playlist, and the files beside it begin with that: {part} is 1.
     */
    uri: string;
    /** UNSPECIFIED: from the name's ending (.webm, .mkv, .mp4, .m3u8), else INVALID_OPTIONS. */
    container: recorder.Container;
    tracks: recorder.Tracks;
    /** Begin when the first media arrives; otherwise wait for Record. */
    autostart: boolean;
    /** Finish the file when all its sources have ended. */
    stopOnEndOfStream: boolean;
    overwrite: boolean;
    /**
     * How long a connected track may stay silent at the start before the file begins without it. Default 2 s, at
     * most 60 s.
     */
    trackWait?: Seconds;
    /**
     * A new part begins at the first key frame after so long (without pictures: the first sound). 0, the default:
     * never; otherwise 1 s to 24 h, else INVALID_OPTIONS.
     */
    splitDuration?: Seconds;
    /** The same for the size of a file in bytes. 0, the default: never; otherwise at least 65,536. */
    splitBytes: number;
    /** How many tracks of each kind there are ports for, 1 to 8, default 1: "audio", "audio-2", "audio-3", ... */
    audioTracks: number;
    videoTracks: number;
    /** Of CONTAINER_HLS. */
    hls?: recorder.Hls;
  }

  type State = 'unspecified' | 'idle' | 'recording' | 'finished' | 'failed' | 'paused';

  /** Why a part began. */
  type PartReason = 'unspecified' | 'start' | 'format_changed' | 'tracks_changed' | 'split' | 'duration' | 'size';

  /** What became of a part at its storage. */
  type StorageState = 'unspecified' | 'recording' | 'waiting' | 'stored' | 'given_up';

  /** A file of a recording; with HLS, what plays without a discontinuity. */
  interface Part {
    /** From 1. */
    number: number;
    uri: string;
    reason: recorder.PartReason;
    /** When its first frame was captured, in UTC. */
    startTime?: Date;
    /** Of its longest track. */
    duration?: Seconds;
    sizeBytes: number;
    videoFrames: number;
    audioFrames: number;
    /** Nothing more is written to it: it has its index and its length. */
    final: boolean;
    /** Why it could not be written or finished, as in ElementError; empty: nothing went wrong. */
    failure: string;
    storage: recorder.StorageState;
    /** Why it could not be stored so far, as in PartNotStored; empty: nothing went wrong, or it is stored. */
    storageFailure: string;
  }

  /** All parts together. */
  interface Recording {
    /** Of the first part; until it is there, as in the options. */
    uri: string;
    /** Sum of the parts. */
    duration?: Seconds;
    sizeBytes: number;
    videoFrames: number;
    audioFrames: number;
    /** In their order. */
    parts: recorder.Part[];
  }

  /** A part that an earlier run of the server did not finish. */
  interface RecoveredRecording {
    /** The resource name that its recorder had. */
    element: string;
    /** As it is now. Size, duration and frames: of what was finished. */
    part?: recorder.Part;
    /**
     * Empty: it was finished. NOTHING_RECORDED: the file holds no frame, or is gone; one without a byte is taken
     * away. Otherwise why it could not be finished (NO_SPACE, WRITE_FAILED, URI_NOT_ALLOWED, MEDIA_ERROR); the file is
     * as it was, and after the first two it is tried again at the next start.
     */
    failure: string;
  }

  interface RecordRequest {
    name: string;
  }

  interface RecordResponse {}

  interface StopRequest {
    name: string;
    /**
     * How long the answer waits for storages to have all parts. Default 0: it does not; the parts are in the spool, and
     * events tell. Part.storage says whether they had. At most 1 h, else INVALID_OPTIONS.
     */
    storeWait?: Seconds;
  }

  interface StopResponse {
    recording?: recorder.Recording;
  }

  interface GetRecordingRequest {
    name: string;
  }

  interface GetRecordingResponse {
    state: recorder.State;
    recording?: recorder.Recording;
  }

  interface PauseRequest {
    name: string;
  }

  interface PauseResponse {}

  interface ResumeRequest {
    name: string;
  }

  interface ResumeResponse {}

  interface SplitRequest {
    name: string;
  }

  interface SplitResponse {}

  interface ListRecoveredRecordingsRequest {}

  interface ListRecoveredRecordingsResponse {
    recordings: recorder.RecoveredRecording[];
    /** It is still at work on others. */
    working: boolean;
  }

  /** Event: the first media is in the file. */
  interface RecordingStarted {
    uri: string;
  }

  /** Event: all parts are final. */
  interface RecordingFinished {
    recording?: recorder.Recording;
  }

  /** Event: a part began: the first, or one after another. */
  interface PartStarted {
    part?: recorder.Part;
  }

  /** Event: a part is final, or could not be made so (failure). */
  interface PartFinished {
    part?: recorder.Part;
  }

  /** Event: the storage of a part has it. Comes after its PartFinished, as long as the recorder is there. */
  interface PartStored {
    part?: recorder.Part;
  }

  /** Event: a file of a recording could not be stored. It stays in the spool and is tried again, unless given_up. */
  interface PartNotStored {
    /** Of the part; 0: the file is a part's piece (HLS). */
    number: number;
    uri: string;
    /** STORAGE_UNREACHABLE, STORAGE_REFUSED, STORAGE_FULL or URI_NOT_ALLOWED. Told once, and again when it changes. */
    reason: string;
    /** For people. */
    message: string;
    /** No more tries before the server starts next (uploads.give_up). */
    givenUp: boolean;
    /** When it is tried again. Pauses grow up to uploads.longest_pause. */
    retryIn?: Seconds;
  }
}

export namespace rtp {
  /**
   * RtpEndpoint: plain RTP (RFC 3550) with a camera, a phone, an SBC, ffmpeg: AVP, AVPF, SAVP and SAVPF, keys by SDES
   * (RFC 4568), one audio and one video m-line. Described by SDP (ProcessOffer, GenerateOffer, ProcessAnswer) or by
   * `audio` and `video` alone. Source ports "audio" and "video" are what the peer sends, sink ports what it receives.
   */
  interface RtpOptions {
    /** Without SDP: what is sent where, and what is received. Errors: INVALID_OPTIONS. */
    audio?: rtp.Stream;
    video?: rtp.Stream;
    /**
     * What may be spoken, best first, by RTP name: OPUS, PCMU, PCMA, G722, VP8, VP9, H264, H265. Default: all, as the peer
     * prefers.
     */
    codecs: string[];
    /**
     * Of offers; an answer has that of its offer. A secure one lets nothing insecure be answered (SDP_PROFILE).
     * Default: AVP.
     */
    profile: rtp.Profile;
    /** What may be offered and taken under a secure profile, best first; default: all, GCM first. */
    cryptoSuites: rtp.CryptoSuite[];
    /** RTCP on the port of RTP (RFC 5761) where the peer agrees. Default: offered, and taken when offered. */
    rtcpMux: rtp.RtcpMux;
    /** The local IP address to bind; empty: rtp.bind of the configuration. */
    bindAddress: string;
    /** The IP address that descriptions name; empty: rtp.announced of the configuration, or the bound one. */
    announcedAddress: string;
    /**
     * True: media goes where the peer's first valid packets came from (symmetric RTP, RFC 4961), within the first 5 s of
     * each description. Default: only where its description says.
     */
    learnAddress: boolean;
    /** MediaTimeout after so long without a packet. 1 s to 1 h, default 10 s. */
    mediaTimeout?: Seconds;
    /** As kms.webrtc.v1.WebRtcOptions.jitter_buffer_ms. */
    jitterBufferMs: number;
  }

  type Profile = 'unspecified' | 'avp' | 'avpf' | 'savp' | 'savpf';

  type CryptoSuite = 'unspecified' | 'aes_cm_128_hmac_sha1_80' | 'aes_cm_128_hmac_sha1_32' | 'aead_aes_128_gcm';

  type RtcpMux = 'unspecified' | 'never' | 'required';

  /** One kind of media without SDP. */
  interface Stream {
    /** RTP name: "VP8". */
    codec: string;
    /** 0 to 127; default: the static type (RFC 3551), else 96 for video and 97 for audio. */
    payloadType?: number;
    /**
     * Of the codec, as in a=fmtp; default none. Of H.264 without any, nothing is known: it comes as it is, and
     * constrained baseline goes out.
     */
    parameters: string;
    /** Where to send: IP address and port. Port 0: receive only, unless learn_address. */
    remoteAddress: string;
    remotePort: number;
    /** Default: remote_port + 1. Equal to remote_port: RTCP comes and goes on the same port. */
    remoteRtcpPort: number;
    /** Where to receive; default: the next free one of the configured range. */
    localPort: number;
    /** Of what we send; default: a random one. */
    ssrc: number;
    /**
     * Of sound: the id, 1 to 14, of the header extension in which packets say how loud they are (RFC 6464), both ways.
     * Default 0: they do not say it.
     */
    audioLevelId: number;
    /**
     * Of pictures: the id, 1 to 14, of the header extension in which packets say how they lie (CVO, 3GPP TS 26.114), both ways.
     * Default 0: they do not say it.
     */
    videoOrientationId: number;
  }

  interface ProcessOfferRequest {
    /** sessions/{session}/elements/{element}; so in all requests. */
    name: string;
    offer: string;
  }

  interface ProcessOfferResponse {
    answer: string;
  }

  interface GenerateOfferRequest {
    name: string;
    /** True: no media is to come either way (a=inactive) until another offer, RFC 3264 section 8.4. */
    hold: boolean;
    /** Which m-lines; neither: both. */
    audio: boolean;
    video: boolean;
  }

  interface GenerateOfferResponse {
    offer: string;
  }

  interface ProcessAnswerRequest {
    name: string;
    answer: string;
  }

  interface ProcessAnswerResponse {}

  interface SendTonesRequest {
    name: string;
    /** 0-9, *, #, A-D; a comma is a pause of 2 s. */
    tones: string;
    /** Of each, 40 to 6000 ms, default 100 ms. */
    duration?: Seconds;
    /** Between them, from 30 ms, default 70 ms. */
    gap?: Seconds;
  }

  interface SendTonesResponse {}

  interface GetLocalPortsRequest {
    name: string;
  }

  interface GetLocalPortsResponse {
    address: string;
    /** 0: no such m-line. */
    audioPort: number;
    audioRtcpPort: number;
    videoPort: number;
    videoRtcpPort: number;
  }

  /** Event: a telephone event of the peer, once each, at its end or after its first 2 s. */
  interface ToneReceived {
    tone: string;
    duration?: Seconds;
  }

  /** Event: nothing came for media_timeout; `port` is "audio" or "video". Told again after media came in between. */
  interface MediaTimeout {
    port: string;
  }

  /** Event: media comes again. */
  interface MediaResumed {
    port: string;
  }

  /** Event: media of this port goes to another address now: learnt, or told by a description. */
  interface RemoteAddressChanged {
    port: string;
    /** "192.0.2.1:40000" */
    address: string;
  }
}

export namespace v1 {
  /**
   * A place at a hub, made on request (CreateHubPort of the hub's own service) and released (DeleteHubPort, or with the hub).
   * It has a way in and a way out of each kind of media that the hub deals with. These are ports of the hub's element, named
   * by the hub port and the kind: "alice.audio", "alice.video"; GetGraph shows them. LinkSpec takes "alice" for all of them.
   */
  interface HubPort {
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'; unique within its hub. */
    portId: string;
    /** Where media enters the hub. */
    sinkPorts: string[];
    /** Where media leaves it. */
    sourcePorts: string[];
  }

  /** How a mixer mixes sound: everyone hears all others and never himself. Fixed as long as the mixer lives. */
  interface SoundMix {
    /** 1 or 2. Default: 1. What has more or fewer is converted. */
    channels: number;
    /**
     * Of the Opus that leaves at each hub port, bits per second, 6,000 to 510,000. Default: 64,000. Listeners who hear the same
     * share one encoder.
     */
    bitrateBps: number;
    /**
     * Inputs that are heard at a time, 1 to 1,000: the loudest. Default: of an AudioMixer 3, of a Composite all that are not
     * quiet. Where packets say how loud they are (RFC 6464), the others are not decoded.
     */
    loudest: number;
    /**
     * An input that has been below this for two seconds is not heard, dB below overload as RFC 6464 has it, 1 to 127.
     * Default: 60. 127: nobody is too quiet.
     */
    quietDbov: number;
  }

  /** What a mixer makes of the media of one hub port. */
  interface MixerInput {
    /** Written into pictures, at most 200 bytes of UTF-8. Default: the hub port's id. */
    displayName: string;
    /** Its sound is multiplied by this, 0 to 8. Default: 1. */
    gain?: number;
    /** It is not heard. Its pictures are seen all the same. Default: false. */
    muted: boolean;
  }

  /** A hub port of a mixer. */
  interface MixerPort {
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    portId: string;
    input?: v1.MixerInput;
  }

  /** What runs through a port. */
  type MediaKind = 'unspecified' | 'audio' | 'video' | 'data';

  type Direction = 'unspecified' | 'source' | 'sink';

  /** How far media is packed. */
  type Packing = 'unspecified' | 'rtp' | 'encoded' | 'raw';

  /** One form of media that a port offers or accepts. */
  interface Format {
    packing: v1.Packing;
    /**
     * Codec by its RTP name (IANA media types, without the kind): VP8, VP9, H264, H265, AV1, OPUS, AAC, VORBIS, PCMU, PCMA,
     * G722, MP3, FLAC. Empty for raw, and for "any codec".
     */
    codec: string;
  }

  /** Where media enters or leaves an element. */
  interface Port {
    /** Unique within its element and direction, e.g. "video" or a WebRTC mid. */
    name: string;
    direction: v1.Direction;
    kind: v1.MediaKind;
    /** What it offers or accepts, best first. A source may know it only when media arrives; then it is empty. */
    formats: v1.Format[];
    /** Media came within the last two seconds. */
    flowing: boolean;
  }

  /** A connection of a source port to a sink port. */
  interface Link {
    /** sessions/{session}/links/{link}; made by the server from the sink, which has one source at most. */
    name: string;
    /** sessions/{session}/elements/{element} */
    source: string;
    sourcePort: string;
    sink: string;
    sinkPort: string;
    kind: v1.MediaKind;
    /** What runs over the link now; unspecified until the source's format is known. */
    format?: v1.Format;
    /**
     * The way the planner chose, for people: "copy", "forward" (packets, on the RTP plane), "depayload VP8",
     * "decode H264, encode VP8", "depayload VP8, decode VP8, encode H264, payload H264"; "pass through" where the sink port
     * hands on what comes, unchanged, and the way is that of the links behind it; "waiting for media".
     */
    way: string;
  }

  interface Element {
    /** sessions/{session}/elements/{element} */
    name: string;
    /** Full name of the options message, which is the kind. */
    kind: string;
    /** As given at creation, defaults filled in where the element chose them. */
    options?: Any;
    displayName: string;
    tags: Record<string, string>;
    ports: v1.Port[];
    createTime?: Date;
  }

  /** One element to be made, alone or as a part of ApplyGraph. */
  interface ElementSpec {
    /** 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    elementId: string;
    /** The options message of the kind, packed as google.protobuf.Any (type.googleapis.com/kms.player.v1.PlayerOptions). */
    options?: Any;
    displayName: string;
    tags: Record<string, string>;
  }

  interface CreateElementRequest {
    /** sessions/{session} */
    parent: string;
    element?: v1.ElementSpec;
    /** See CreateSessionRequest.request_id. */
    requestId: string;
  }

  interface CreateElementResponse {
    element?: v1.Element;
  }

  interface GetElementRequest {
    name: string;
  }

  interface GetElementResponse {
    element?: v1.Element;
  }

  interface ListElementsRequest {
    /** sessions/{session} */
    parent: string;
  }

  interface ListElementsResponse {
    elements: v1.Element[];
  }

  interface UpdateElementRequest {
    name: string;
    /** Not set: unchanged. */
    displayName?: string;
    /** Added or overwritten. */
    setTags: Record<string, string>;
    /** Removed; unknown keys are ignored. */
    removeTags: string[];
  }

  interface UpdateElementResponse {
    element?: v1.Element;
  }

  interface DeleteElementRequest {
    name: string;
  }

  interface DeleteElementResponse {}

  interface ListElementKindsRequest {
    /** Always empty: the server itself. */
    parent: string;
  }

  interface ListElementKindsResponse {
    kinds: v1.ElementKind[];
  }

  interface ElementKind {
    /** Full name of the options message, e.g. kms.player.v1.PlayerOptions. */
    kind: string;
    /** The element's name, e.g. PlayerEndpoint. */
    title: string;
    /** One sentence. */
    summary: string;
    /**
     * Ports that every element of the kind has, or may have. Those of a hub are made on request: "port" stands for the
     * hub port's id.
     */
    ports: v1.Port[];
    /** Full name of its command service; empty when it has none. */
    service: string;
    /** Full names of the event messages it sends as Event.element_event. */
    events: string[];
    /** GStreamer elements it needs. */
    needs: string[];
    /** False: CreateElement answers UNIMPLEMENTED/PLUGIN_MISSING. */
    available: boolean;
    /** Why not, naming what is missing; empty when available. */
    unavailableReason: string;
  }

  /**
   * What a failed call says besides its gRPC code and text. Carried in the trailer
   * `grpc-status-details-bin` as the one detail of an RpcStatus.
   */
  interface ErrorDetail {
    /** Stable upper-case word, e.g. ELEMENT_NOT_FOUND. docs/errors.md lists all of them. */
    reason: string;
    /** Resource name that the error is about; empty when there is none. */
    resource: string;
    /** Further facts by name, e.g. quota -> "64". Keys are stable per reason. */
    metadata: Record<string, string>;
  }

  /** Wire-compatible with google.rpc.Status, so that general gRPC tools decode the trailer. */
  interface RpcStatus {
    /** gRPC status code (google.rpc.Code). */
    code: number;
    /** The same text as the gRPC status message. */
    message: string;
    /** Exactly one ErrorDetail. */
    details: Any[];
  }

  /** A fact with a sequence number. Sequence numbers of a session begin at 1 and have no gaps. */
  interface Event {
    sequence: number;
    time?: Date;
    /** sessions/{session} or sessions/{session}/elements/{element} */
    source: string;
    sessionClosed?: v1.SessionClosed;
    elementError?: v1.ElementError;
    mediaFlowing?: v1.MediaFlowing;
    mediaNotFlowing?: v1.MediaNotFlowing;
    transcodingStarted?: v1.TranscodingStarted;
    transcodingStopped?: v1.TranscodingStopped;
    endOfStream?: v1.EndOfStream;
    /** An element's own event; its message type is in the element's proto. */
    elementEvent?: Any;
    elementCreated?: v1.ElementCreated;
    elementDeleted?: v1.ElementDeleted;
    linkConnected?: v1.LinkConnected;
    linkDisconnected?: v1.LinkDisconnected;
    activeSpeakerChanged?: v1.ActiveSpeakerChanged;
  }

  /** The last event of every session. */
  interface SessionClosed {
    /** CLIENT_DELETED, LEASE_EXPIRED or SERVER_DRAINING. */
    reason: string;
  }

  /** Something failed after a call had returned. The element stays until it is deleted. */
  interface ElementError {
    /** Stable upper-case word, from the same list as ErrorDetail.reason. */
    reason: string;
    /** What happened, for people. */
    message: string;
  }

  /** The first media after the port was idle: a frame, or a packet; at a sink that sends packets on, one that it sent. */
  interface MediaFlowing {
    port: string;
    direction: v1.Direction;
    kind: v1.MediaKind;
  }

  /**
   * No media for two seconds on a port that had some, or its sender said goodbye (RTCP BYE). A sink whose source is withheld
   * (CreateSessionRequest.max_audible) is not told of.
   */
  interface MediaNotFlowing {
    port: string;
    direction: v1.Direction;
    kind: v1.MediaKind;
  }

  /**
   * Another peer of the session has the floor: of all whose packets say how loud they are (RFC 6464, as browsers do), it
   * speaks now and has been heard most in the last second. Somebody who coughs does not get it, nor anybody in a pause; while
   * its holder speaks, only one who is clearly louder. The event's source is the session.
   */
  interface ActiveSpeakerChanged {
    /**
     * sessions/{session}/elements/{element} of the endpoint, and the source port that the voice comes from. Both are empty
     * when the one who had the floor is gone.
     */
    element: string;
    port: string;
  }

  /** The server began to decode or encode for a source port; shared by all takers of that form. */
  interface TranscodingStarted {
    /** Source port whose media is changed. */
    port: string;
    /** What goes in and what comes out, e.g. "H264" and "raw video". */
    from: string;
    to: string;
    /** Why: SINK_TAKES_RAW, SOURCE_IS_RAW, CODEC_NOT_ACCEPTED or STREAM_UNSUITABLE. */
    reason: string;
  }

  /** The last taker of that form is gone. */
  interface TranscodingStopped {
    port: string;
    from: string;
    to: string;
    /** Why: NO_TAKERS. */
    reason: string;
  }

  /** A source has no more media (a player at the end of its file). */
  interface EndOfStream {}

  interface ElementCreated {
    /** Full name of the options message, e.g. kms.player.v1.PlayerOptions. */
    kind: string;
  }

  interface ElementDeleted {}

  interface LinkConnected {
    link?: v1.Link;
  }

  interface LinkDisconnected {
    link?: v1.Link;
    /**
     * CLIENT_REQUEST, REPLACED, ELEMENT_DELETED, PORT_ENDED (of an endpoint whose peer took the m-line away, or
     * a hub port that was deleted).
     */
    reason: string;
  }

  /** Which ports to connect, by element ids. */
  interface LinkSpec {
    /** Element ids or full names, of this session. */
    source: string;
    sink: string;
    /** UNSPECIFIED: sound and pictures, as far as both have them; data only where it or a port of it is asked for. */
    kind: v1.MediaKind;
    /** Empty: the only port, or the first free one, of that kind. A hub port's name means its ports of every kind. */
    sourcePort: string;
    sinkPort: string;
  }

  interface ConnectRequest {
    /** sessions/{session} */
    parent: string;
    link?: v1.LinkSpec;
    /** See CreateSessionRequest.request_id. */
    requestId: string;
  }

  interface ConnectResponse {
    links: v1.Link[];
  }

  interface DisconnectRequest {
    /** sessions/{session} */
    parent: string;
    /**
     * Matches every link between the two that has the kind and ports given. An empty source or sink (not both)
     * means any.
     */
    link?: v1.LinkSpec;
  }

  interface DisconnectResponse {
    /** How many links were removed. */
    removed: number;
  }

  interface ListLinksRequest {
    /** sessions/{session} */
    parent: string;
  }

  interface ListLinksResponse {
    links: v1.Link[];
  }

  interface ApplyGraphRequest {
    /** sessions/{session} */
    parent: string;
    elements: v1.ElementSpec[];
    /** May name elements made here and elements that exist. */
    links: v1.LinkSpec[];
    /** See CreateSessionRequest.request_id. */
    requestId: string;
  }

  interface ApplyGraphResponse {
    /** In the order of the request. */
    elements: v1.Element[];
    links: v1.Link[];
  }

  interface GetGraphRequest {
    /** sessions/{session} */
    name: string;
  }

  interface GetGraphResponse {
    elements: v1.Element[];
    links: v1.Link[];
    /** Decoders and encoders that the planner runs now. */
    transcoders: v1.Transcoder[];
    /** The same for people: `dot -Tsvg`. */
    graphviz: string;
    /** Where media changes between packets and frames now. */
    bridges: v1.Bridge[];
  }

  /** A decoder or encoder made by the planner, shared by all its takers. */
  interface Transcoder {
    /** sessions/{session}/elements/{element} and port whose media it changes. */
    source: string;
    sourcePort: string;
    from?: v1.Format;
    to?: v1.Format;
    /** Encoder's target; 0 for a decoder. */
    bitrateBps: number;
    /** Links that take its output, directly or through another transcoder. */
    takers: number;
    /** See TranscodingStarted.reason. */
    reason: string;
  }

  /** A way between the RTP plane and the media plane, made by the planner, shared by all its takers. */
  interface Bridge {
    /** sessions/{session}/elements/{element} and port whose media it carries. */
    source: string;
    sourcePort: string;
    /** One of the two is RTP. */
    from?: v1.Format;
    to?: v1.Format;
    /** Links whose media goes over it. */
    takers: number;
    /** RTP packets that went over it. */
    packets: number;
    /**
     * Out of RTP: packets that were given up after the time that a gap may last, came after that, and, of sound, were
     * told to the decoder as missing so that it conceals them.
     */
    lost: number;
    late: number;
    concealed: number;
  }

  interface GetStatsRequest {
    /** sessions/{session} for all, or sessions/{session}/elements/{element} for one element and its links. */
    name: string;
  }

  interface GetStatsResponse {
    elements: v1.ElementStats[];
    links: v1.LinkStats[];
  }

  interface ElementStats {
    /** sessions/{session}/elements/{element} */
    name: string;
    ports: v1.PortStats[];
    /** Frames decoded and encoded for this element's source ports since it was made. */
    framesDecoded: number;
    framesEncoded: number;
    /** Decoders and encoders that run for its source ports now. */
    decoders: number;
    encoders: number;
  }

  /**
   * A port that hands media on unchanged (PassThrough, the sound beside a filter of pictures) has the numbers of the source
   * port that the media comes from. It has no MediaFlowing of its own.
   */
  interface PortStats {
    port: string;
    direction: v1.Direction;
    kind: v1.MediaKind;
    /** Frames (video), buffers of samples or encoded frames (audio) since the element was made. */
    frames: number;
    bytes: number;
    /** Mean of the last two seconds, bits per second of what runs there (raw media counts its raw size). */
    bitrateBps: number;
    /**
     * RTP packets, where media runs through as packets: at a source those that came, at a sink those that it sent on,
     * none while its peer is not there. Their frames are not counted, and bytes are their payload. Begins anew when other
     * packets take their place. Of data: messages.
     */
    packets: number;
    /** Of packets: others are louder, so that no receiver gets them now (CreateSessionRequest.max_audible). */
    withheld: boolean;
  }

  interface LinkStats {
    link?: v1.Link;
    frames: number;
    bytes: number;
    bitrateBps: number;
    /**
     * Frames not handed on because the sink was too slow, and until the next key frame after that. Frames before the
     * first key frame of a new link are not counted. Of data: messages.
     */
    dropped: number;
    /** What waits in front of the sink now. */
    queueFrames: number;
    queueBytes: number;
    /**
     * From the frame's entering the server to its leaving this link, microseconds, the last frame's; 0 for media
     * that is not paced by the clock (a player with `unpaced`), and for packets that are forwarded.
     */
    delayUs: number;
    /** Of a link that forwards RTP packets: those that its sink has sent on, repairs not counted; see PortStats.packets. */
    packets: number;
  }

  interface Session {
    /** sessions/{session} */
    name: string;
    /** Free text for people; at most 256 bytes. */
    displayName: string;
    /** Free labels: at most 64, keys and values of at most 256 bytes each. */
    tags: Record<string, string>;
    /** How long the session lives without KeepAlive or an open event stream that is read. */
    lease?: Seconds;
    createTime?: Date;
    /** True: a link that would need decoding or encoding is refused with TRANSCODING_REFUSED. */
    refuseTranscoding: boolean;
    /** Number of elements and links now. */
    elementCount: number;
    linkCount: number;
    /** See CreateSessionRequest. */
    maxAudible: number;
  }

  interface CreateSessionRequest {
    /** Id the session shall have: 1 to 63 of [a-z0-9-], not beginning or ending with '-'. Empty: the server makes one. */
    sessionId: string;
    displayName: string;
    tags: Record<string, string>;
    /** Default 30 s; from 1 s to 24 h. */
    lease?: Seconds;
    refuseTranscoding: boolean;
    /**
     * Same id within its life (docs/configuration.md: limits.request_id_life): the first call's answer again, if it
     * succeeded. With another request: REQUEST_ID_REUSED.
     * At most 64 bytes. Empty: no protection against a repeated call.
     */
    requestId: string;
    /**
     * Of the peers of WebRtcEndpoints that say how loud they are (RFC 6464, as browsers do) so many are forwarded, at most
     * 100: the loudest of those that speak. A receiver that is among them hears one less. Somebody who begins to speak is
     * heard at once when one of them has been silent for a second; else when he is louder by 6 dB. The others cost no
     * receiver anything, and no sequence number is missing; recordings, filters and mixers get all. Default 0: all are forwarded.
     */
    maxAudible: number;
  }

  interface CreateSessionResponse {
    session?: v1.Session;
  }

  interface GetSessionRequest {
    name: string;
  }

  interface GetSessionResponse {
    session?: v1.Session;
  }

  interface ListSessionsRequest {
    /** Always empty: the server itself. */
    parent: string;
    /** At most this many; default 100, at most 1,000. */
    pageSize: number;
    /** next_page_token of the page before; empty for the first. */
    pageToken: string;
  }

  interface ListSessionsResponse {
    sessions: v1.Session[];
    /** Empty on the last page. */
    nextPageToken: string;
  }

  interface DeleteSessionRequest {
    name: string;
  }

  interface DeleteSessionResponse {}

  interface KeepAliveRequest {
    name: string;
  }

  interface KeepAliveResponse {
    /** When the lease ends unless renewed again. */
    leaseExpireTime?: Date;
  }

  interface SubscribeEventsRequest {
    name: string;
    /** Sequence number of the last event already seen; 0: all that the ring still has. */
    afterSequence: number;
  }
}

export namespace webrtc {
  /** RTCInboundRtpStreamStats: what the peer sends to us. */
  interface InboundRtpStats {
    mid: string;
    /** Of a simulcast encoding. */
    rid: string;
    /** "audio", "video" */
    kind: string;
    /** "video/VP8" (RTCCodecStats) */
    mimeType: string;
    payloadType: number;
    ssrc: number;
    /**
     * With repairs (RTX); what repeats what was there already, as a browser sends to look for room, is not counted, but
     * an original that comes after its repair is.
     */
    packetsReceived: number;
    bytesReceived: number;
    packetsLost: number;
    /** seconds */
    jitter: number;
    retransmittedPacketsReceived: number;
    nackCount: number;
    pliCount: number;
    /**
     * Of sound, 0 to 1 (0 dBov), mean of the last tenth of a second, as its sender says in each packet (RFC 6464); absent
     * when it does not say so.
     */
    audioLevel?: number;
    /** Of pictures, how many layers of VP8 (RFC 7741) or VP9 (RFC 9628) came lately: 1 and 1 without layers. */
    spatialLayers: number;
    temporalLayers: number;
    /**
     * Of sound that repeats itself (RED, RFC 2198): packets that came again in later ones. Those of them that were not lost, or
     * could not be put back, are also counted as discarded; the others went on in the place of what was lost.
     */
    fecPacketsReceived: number;
    fecPacketsDiscarded: number;
    /** Of pictures, whether somebody would have this encoding: what EncodingsWanted told last, or true before. Absent of sound. */
    wanted?: boolean;
    /** Of pictures of VP8, VP9 and H.264, as the latest key frame says; 0: not known. */
    frameWidth: number;
    frameHeight: number;
    /** milliseconds since 1970; 0: nothing came */
    lastPacketReceivedTimestamp: number;
  }

  /** RTCRemoteOutboundRtpStreamStats: what the peer reports (RTCP SR) of what it sends to us. Absent before its first report. */
  interface RemoteOutboundRtpStats {
    mid: string;
    rid: string;
    kind: string;
    ssrc: number;
    packetsSent: number;
    bytesSent: number;
    /** of the latest report, by the peer's clock: milliseconds since 1970 */
    remoteTimestamp: number;
    reportsSent: number;
  }

  /** RTCCodecStats: what is spoken on one m-line in one direction. */
  interface CodecStats {
    mid: string;
    direction: webrtc.CodecDirection;
    payloadType: number;
    /** "video/VP8" */
    mimeType: string;
    /** hertz */
    clockRate: number;
    /** of sound, as in a=rtpmap; 0: pictures */
    channels: number;
    /** parameters, as in a=fmtp; may be empty */
    sdpFmtpLine: string;
  }

  /** RTCCodecType. */
  type CodecDirection = 'unspecified' | 'encode' | 'decode';

  /** RTCIceCandidateStats: one end of the selected pair. */
  interface IceCandidateStats {
    /** "udp", "tcp" */
    protocol: string;
    address: string;
    port: number;
    /** "host" of ours. "prflx" of the peer's, since a lite agent learns them from checks. */
    candidateType: string;
  }

  /** RTCCertificateStats. */
  interface CertificateStats {
    /** "AB:CD:..." */
    fingerprint: string;
    /** "sha-256" */
    fingerprintAlgorithm: string;
  }

  /** RTCPeerConnectionStats: data channels that were open at some time, and those of them that are not any more. */
  interface PeerConnectionStats {
    dataChannelsOpened: number;
    dataChannelsClosed: number;
  }

  /** RTCOutboundRtpStreamStats and, as far as the peer reports it, RTCRemoteInboundRtpStreamStats: what we send. */
  interface OutboundRtpStats {
    mid: string;
    kind: string;
    mimeType: string;
    payloadType: number;
    ssrc: number;
    packetsSent: number;
    bytesSent: number;
    retransmittedPacketsSent: number;
    nackCount: number;
    pliCount: number;
    firCount: number;
    /** RTCRemoteInboundRtpStreamStats: */
    packetsLost: number;
    /** 0 to 1 */
    fractionLost: number;
    /** seconds */
    jitter: number;
    /** seconds; 0: not known yet */
    roundTripTime: number;
    /** Of the simulcast encoding that is sent. */
    rid: string;
    /**
     * Of pictures, the highest layer of the encoding that is sent, counted from 0; absent where the encoding has no layers of
     * that kind.
     */
    spatialLayer?: number;
    temporalLayer?: number;
    /** Of the pictures that are sent, as in InboundRtpStats. */
    frameWidth: number;
    frameHeight: number;
    /** RTCRemoteInboundRtpStreamStats: all round trips together, seconds, and how many there were. */
    totalRoundTripTime: number;
    roundTripTimeMeasurements: number;
    /**
     * Seconds, of all packets together: what they were held up here because the receiver's way takes no more. 0 where no
     * bottleneck of it is known: then they go out as they come.
     */
    totalPacketSendDelay: number;
  }

  /** RTCTransportStats, and RTCIceCandidatePairStats of the selected pair. */
  interface TransportStats {
    /** Of whole datagrams, as browsers count them, without ICE checks; so are those that were sent. */
    bytesReceived: number;
    bytesSent: number;
    packetsReceived: number;
    packetsSent: number;
    iceState: webrtc.IceTransportState;
    dtlsState: webrtc.DtlsTransportState;
    srtpCipher: string;
    /** "udp 192.0.2.1:50000 198.51.100.7:40000": protocol, local, remote */
    selectedCandidatePair: string;
    requestsReceived: number;
    /**
     * What the way to the peer bears, bits per second, by its transport-cc feedback or else its REMB; absent
     * while neither came.
     */
    availableOutgoingBitrate?: number;
    /** Of a connection whose handshake is over. */
    dtlsRole: string;
    /** "FEFD": DTLS 1.2 */
    tlsVersion: string;
    /** "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" */
    dtlsCipher: string;
    selectedCandidatePairChanges: number;
  }

  /** RTCSctpTransportStats. */
  interface SctpTransportStats {
    state: webrtc.SctpTransportState;
    /** seconds */
    smoothedRoundTripTime: number;
    /** bytes */
    congestionWindow: number;
    /** bytes */
    receiverWindow: number;
    /** chunks */
    unackData: number;
    /** Packets that came faster than they were taken; SCTP repeats them. */
    droppedPackets: number;
    /** Messages for no open channel, and those that were none; dropped. */
    strayMessages: number;
    malformedMessages: number;
  }

  /** RTCDataChannelState. */
  type DataChannelState = 'unspecified' | 'connecting' | 'open' | 'closing' | 'closed';

  /** RTCSctpTransportState, and NEW where there is no association yet. */
  type SctpTransportState = 'unspecified' | 'new' | 'connecting' | 'connected' | 'closed';

  /** RTCSignalingState. */
  type SignalingState = 'unspecified' | 'stable' | 'have_local_offer' | 'have_remote_offer' | 'closed';

  /** RTCIceTransportState, as far as a lite agent (RFC 8445) knows them. */
  type IceTransportState = 'unspecified' | 'new' | 'checking' | 'connected' | 'disconnected' | 'failed' | 'closed';

  /** RTCDtlsTransportState. */
  type DtlsTransportState = 'unspecified' | 'new' | 'connecting' | 'connected' | 'closed' | 'failed';

  /** RTCPeerConnectionState. */
  type ConnectionState = 'unspecified' | 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

  /**
   * WebRtcEndpoint: one WebRTC peer, a browser mostly; media both ways. Source ports "audio" and "video" are the first
   * m-lines of that kind on which the peer sends, sink ports "audio" and "video" the first on which it receives. Further
   * m-lines are ports named by their mid; they appear when they are negotiated, and go with their m-line.
   * Sources offer RTP of the codec that was negotiated; sinks take RTP of those that the peer can receive. Ports "data" carry
   * messages of data channels from peer to peer, by the channels' labels.
   */
  interface WebRtcOptions {
    /**
     * What may be spoken, best first, by RTP name: OPUS, PCMU, PCMA, G722, VP8, VP9, H264, H265, AV1. Default: all, as the
     * peer prefers, and VP8 and OPUS in offers of ours. Errors: INVALID_OPTIONS.
     */
    codecs: string[];
    /** What the peer is asked to send at most, bits per second, all its video together (b=TIAS, RFC 3890). 0: no bound. */
    maxReceiveBps: number;
    /**
     * True: candidates come as IceCandidateFound after GatherCandidates, and descriptions hold none but say so (trickle ICE,
     * RFC 8838, RFC 8840). Default: all stand in the description.
     */
    trickle: boolean;
    /**
     * How long a gap in what the peer sends may hold up what came after it, where its media is decoded or recorded,
     * milliseconds, 10 to 1000; default 100. Nothing waits while packets are in order, and forwarded packets never do.
     */
    jitterBufferMs: number;
  }

  interface ProcessOfferRequest {
    /** sessions/{session}/elements/{element}; so in all requests. */
    name: string;
    /** SDP, at most 512 KiB (SDP_TOO_LARGE). */
    offer: string;
  }

  interface ProcessOfferResponse {
    answer: string;
  }

  interface GenerateOfferRequest {
    name: string;
    /**
     * m-lines of a first offer. Not set: one of each, both ways. A later offer has the lines there are, changed as those
     * with their mid say, and the others of these: in the place of stopped ones first, then behind.
     */
    lines: webrtc.OfferedLine[];
    /**
     * True: the peer looks for its path anew (RFC 8445 section 9). Media goes on by the old one meanwhile. An offer that is
     * taken back, or gives way to the peer's, takes the wish along: ask for it again.
     */
    restartIce: boolean;
  }

  interface WithdrawOfferRequest {
    name: string;
  }

  interface WithdrawOfferResponse {}

  interface OfferedLine {
    /** Has no default. */
    kind: webrtc.OfferedLineKind;
    /**
     * Default: both ways (RFC 3264). Of a line that there is, it counts for answers to the peer's offers as well, until the
     * next offer with its mid.
     */
    direction: webrtc.MediaDirection;
    /** Of a line that there is, of sound or pictures, as descriptions say (a=mid). Not set: a new one. */
    mid: string;
  }

  type OfferedLineKind = 'unspecified' | 'audio' | 'video' | 'data';

  /** As the server sees it. */
  type MediaDirection = 'unspecified' | 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive' | 'stopped';

  interface GenerateOfferResponse {
    offer: string;
    /**
     * Its m-lines in their order, without those that are stopped (but with the first of all, which is kept inactive until a
     * new line takes its place): which mid a new one has. What its port is called, is settled by
     * the answer: "audio" or "video" for the first of a kind and direction, else the mid.
     */
    lines: webrtc.OfferedLine[];
  }

  interface ProcessAnswerRequest {
    name: string;
    answer: string;
  }

  interface ProcessAnswerResponse {}

  interface AddIceCandidateRequest {
    name: string;
    /** As RTCIceCandidateInit of W3C WebRTC: "candidate:..."; empty: no more will come. */
    candidate: string;
    sdpMid: string;
    sdpMLineIndex: number;
    /** Browsers send it along; kms does not look at it. */
    usernameFragment: string;
  }

  interface AddIceCandidateResponse {}

  interface GatherCandidatesRequest {
    name: string;
  }

  interface GatherCandidatesResponse {}

  interface CloseRequest {
    name: string;
  }

  interface CloseResponse {}

  /**
   * Layers are the encodings of the track in the order of their rates, counted from 0, the smallest; of a track of one encoding
   * its spatial layers (VP9, RFC 9628); of pictures that kms encodes for peers, the rungs of its ladder below the picture's
   * height, and then the picture in full. Without a wish the peer is sent the largest that its way bears
   * (TransportStats.available_outgoing_bitrate; a peer that does not report gets the largest), and where it does not bear the
   * smallest, that with fewer temporal layers. It goes from one to another on key frames, to a lower spatial layer at the next
   * picture.
   */
  interface SetPreferredLayersRequest {
    name: string;
    /** A sink port. Default: "video". */
    port: string;
    /**
     * What the peer is sent as long as its way bears it, else a smaller one; a larger one only while nothing smaller comes.
     * Default: the largest.
     */
    preferredLayer?: number;
    /** None above it is sent. Default: no bound. */
    maximumLayer?: number;
    /** Nothing is sent on the port, whatever its track is; it begins again with a key frame. */
    paused: boolean;
    /**
     * Among the ports of the element: where the way does not bear what all want, those of a greater priority come first, and
     * equals share. Default: 0.
     */
    priority: number;
    /**
     * No pictures of a temporal layer above it are sent, counted from 0 (VP8, RFC 7741; VP9, RFC 9628; a track that a page sends
     * with the scalabilityMode "L1T3" has three): a half or a quarter of the pictures, each as good. Less takes effect at the
     * next picture, more at the next one that lets it (RFC 7741: Y; RFC 9628: U; a key frame). Default: no bound. A track
     * without such layers is sent whole.
     */
    maximumTemporalLayer?: number;
  }

  interface SetPreferredLayersResponse {}

  interface GetRtcStatsRequest {
    name: string;
  }

  interface GetRtcStatsResponse {
    inboundRtp: webrtc.InboundRtpStats[];
    outboundRtp: webrtc.OutboundRtpStats[];
    transport?: webrtc.TransportStats;
    sctpTransport?: webrtc.SctpTransportStats;
    /** Of those that are not closed. */
    dataChannels: webrtc.DataChannelStats[];
    remoteOutboundRtp: webrtc.RemoteOutboundRtpStats[];
    codecs: webrtc.CodecStats[];
    /** Of the selected pair; absent while there is none. */
    localCandidate?: webrtc.IceCandidateStats;
    remoteCandidate?: webrtc.IceCandidateStats;
    /** Absent before offer and answer. */
    localCertificate?: webrtc.CertificateStats;
    remoteCertificate?: webrtc.CertificateStats;
    peerConnection?: webrtc.PeerConnectionStats;
    /** of all of it: milliseconds since 1970 */
    timestamp: number;
  }

  interface WatchRtcStatsRequest {
    name: string;
    /** From one to the next, 100 ms to 1 h. Default: 1 s. */
    interval?: Seconds;
  }

  interface WatchRtcStatsResponse {
    stats?: webrtc.GetRtcStatsResponse;
  }

  /** RTCDataChannelStats. */
  interface DataChannelStats {
    channel?: webrtc.DataChannel;
    messagesSent: number;
    bytesSent: number;
    messagesReceived: number;
    bytesReceived: number;
    /** Bytes of messages that wait. */
    bufferedAmount: number;
  }

  /** W3C RTCDataChannel. */
  interface DataChannel {
    /** Names it in this API: unique within the element, never used twice. */
    number: number;
    label: string;
    protocol: string;
    /** True: messages may overtake each other. */
    unordered: boolean;
    maxRetransmits?: number;
    /** milliseconds */
    maxPacketLifeTime?: number;
    /** Agreed on elsewhere, so that nothing was said about it in the association. */
    negotiated: boolean;
    /** RTCDataChannel.id: its SCTP stream. Not set before it is known. */
    id?: number;
    state: webrtc.DataChannelState;
    openedByPeer: boolean;
  }

  interface CreateDataChannelRequest {
    name: string;
    /** At most 1024 bytes, as the protocol. */
    label: string;
    protocol: string;
    /** Default: ordered. */
    unordered: boolean;
    /** 0 to 65535 */
    maxRetransmits?: number;
    /** milliseconds, 0 to 65535 */
    maxPacketLifeTime?: number;
    /**
     * The stream that both sides have agreed on elsewhere, 0 to 511; the channel is open with the association. Not set: the
     * peer is told in the association (RFC 8832).
     */
    negotiatedId?: number;
  }

  interface CreateDataChannelResponse {
    channel?: webrtc.DataChannel;
  }

  interface ListDataChannelsRequest {
    name: string;
  }

  interface ListDataChannelsResponse {
    channels: webrtc.DataChannel[];
  }

  interface SendDataRequest {
    name: string;
    /** DataChannel.number */
    channel: number;
    text?: string;
    binary?: Uint8Array;
  }

  interface SendDataResponse {
    /** What waits in the channel now, bytes of messages. */
    bufferedAmount: number;
  }

  interface SendDataStreamResponse {
    /** Sent, or waiting to be. */
    messages: number;
  }

  interface CloseDataChannelRequest {
    name: string;
    channel: number;
  }

  interface CloseDataChannelResponse {}

  interface ReceiveDataRequest {
    name: string;
  }

  interface ReceiveDataResponse {
    message?: webrtc.ReceiveDataResponseMessage;
    /** Its state is another, or it is new. */
    channel?: webrtc.DataChannel;
  }

  interface ReceiveDataResponseMessage {
    /** DataChannel.number */
    channel: number;
    text?: string;
    binary?: Uint8Array;
  }

  /** Event: a description was set (RTCPeerConnection.signalingState). */
  interface SignalingStateChanged {
    state: webrtc.SignalingState;
  }

  /** Event: checks came, or came no more. */
  interface IceStateChanged {
    state: webrtc.IceTransportState;
  }

  /** Event: how far the handshake is. */
  interface DtlsStateChanged {
    state: webrtc.DtlsTransportState;
  }

  /** Event: whether media can run. */
  interface ConnectionStateChanged {
    state: webrtc.ConnectionState;
    /** A stable word; empty when the state says it all. */
    reason: string;
  }

  /**
   * Event: a candidate of ours, as RTCIceCandidateInit. Has no usernameFragment: ours are the same after each ICE restart,
   * and count for the description that the peer has.
   */
  interface IceCandidateFound {
    /** "candidate:..." */
    candidate: string;
    sdpMid: string;
    sdpMLineIndex: number;
  }

  /** Event: all candidates of ours were told. */
  interface IceGatheringDone {}

  /** Event: media takes this pair now. */
  interface CandidatePairSelected {
    pair: string;
  }

  /** Event: a data channel was opened by the peer, or has another state. */
  interface DataChannelStateChanged {
    channel?: webrtc.DataChannel;
    /**
     * A stable word; empty when the state says it all. NO_STREAM_LEFT, TOO_MANY_CHANNELS, SCTP_FAILED, SCTP_CLOSED,
     * PEER_CLOSED.
     */
    reason: string;
  }

  /** Event: half of the room of a data channel in which SendData found none is free again. */
  interface DataChannelDrained {
    /** DataChannel.number */
    channel: number;
  }

  /**
   * Event: other encodings of a track of pictures that the peer sends are wanted than before. A page that is told so can leave
   * out what nobody would see (`active` of RTCRtpEncodingParameters):
   *
   * const parameters = sender.getParameters();
   * for (const encoding of parameters.encodings) encoding.active = wanted(encoding.rid);
   * await sender.setParameters(parameters);
   *
   * An encoding is wanted while a receiver of the track may have it by SetPreferredLayers, whatever its way bears just now, so
   * that it can rise and fall back, and while a filter, a mixer or a recorder reads it or would, if it came. It is told at once
   * when somebody wants it, and after 2.5 s when nobody does any more. At first, and until a track's first packet, all is taken to
   * be wanted, so that of what is wanted from the beginning nothing is told; of a track of one encoding, when nobody takes it.
   * Each event has the whole track, so that the latest one counts alone; GetRtcStats has it as well (InboundRtpStats.wanted).
   * A page that takes a later description has to set it again: Chromium activates all that the description has.
   * It is for the application to bring it to the page: RTP has no such message (a publisher by WHIP cannot be told). Who does not
   * follow loses nothing but the bits that he sends for nobody. What is paused counts as what does not come, and begins with a key
   * frame when the page resumes it; where the page pauses all of a track, MediaNotFlowing says so.
   */
  interface EncodingsWanted {
    /** Source port of the track. */
    port: string;
    /** Of its m-line (RTCRtpTransceiver.mid). */
    mid: string;
    /** All of the track, as the peer named them. */
    encodings: webrtc.EncodingWanted[];
  }

  interface EncodingWanted {
    /** As in RTCRtpEncodingParameters; empty: the only one. */
    rid: string;
    wanted: boolean;
  }
}

export namespace webrtc_client {
  /**
   * WhipClientEndpoint: publishes the graph's sound and pictures to a WHIP server (RFC 9725). Sink ports: "audio" and
   * "video". They take encoded frames of the codecs the server agreed to, of them what is linked without transcoding if
   * that is possible; media goes nowhere while there is no connection.
   */
  interface WhipClientOptions {
    /**
     * http(s)://host[:port]/path of the WHIP endpoint. It, its redirections (307, 308), the server's candidates and the ICE
     * servers it names may be what the configuration allows (network.allow). Errors at creation: INVALID_OPTIONS,
     * URI_NOT_ALLOWED (an address in numbers; names are looked up at Start).
     */
    uri: string;
    /** Sent as "Authorization: Bearer ..." to this uri's scheme, host and port, and to nobody else; in no event and no log. */
    bearerToken: string;
    /** Begin when created; otherwise wait for Start. */
    autostart: boolean;
    /**
     * What may be spoken, best first, by RTP name: OPUS, PCMU, PCMA, G722, VP8, VP9, H264, H265. Default: OPUS, VP8, H264.
     * An m-line is offered for each kind that has one here. Errors: INVALID_OPTIONS.
     */
    codecs: string[];
    connection?: webrtc_client.Connection;
  }

  /**
   * WhepClientEndpoint: plays what a WHEP server shows (draft-ietf-wish-whep) into the graph. Source ports: "audio" and
   * "video", RTP of the codecs that the server sends, known when it has answered; packets are forwarded as they come. Over
   * a loss of the connection ports and links stay; time stamps go on.
   */
  interface WhepClientOptions {
    /** http(s)://host[:port]/path of the WHEP endpoint; see WhipClientOptions.uri. */
    uri: string;
    /** See WhipClientOptions.bearer_token. */
    bearerToken: string;
    /** Begin when created; otherwise wait for Start. */
    autostart: boolean;
    /** What may be spoken, best first; see WhipClientOptions.codecs. */
    codecs: string[];
    connection?: webrtc_client.Connection;
    /**
     * How long a packet that is missing is waited for, milliseconds, 10 to 2000; default 100. Nothing waits while packets
     * are in order.
     */
    jitterBufferMs: number;
  }

  /** How the server is reached. */
  interface Connection {
    /** Besides those that the server names (Link headers, rel="ice-server"), at most 8. */
    iceServers: webrtc_client.IceServer[];
    /** True: media goes through TURN servers only (RTCIceTransportPolicy "relay"). */
    relayOnly: boolean;
    /**
     * From the first request until the connection stands, its certificate compared with the answer; 1 s to 120 s, default
     * 20 s. Then the attempt has failed: CONNECTION_FAILED, or SERVER_UNREACHABLE while the server has not answered.
     */
    timeout?: Seconds;
    /**
     * When the server sends nothing at all while media flows, for so long, the connection counts as lost; 2 s to 300 s,
     * default 15 s. Without media, checks of ICE find it out within a minute. Of a WhepClientEndpoint: once media has
     * come, when nothing comes any more.
     */
    stall?: Seconds;
    /**
     * What happens when the connection is lost, or is not made. Refusals that trying does not change are final:
     * URI_NOT_ALLOWED, UNAUTHORIZED, CODEC_UNSUPPORTED, CERTIFICATE_MISMATCH.
     */
    reconnect?: webrtc_client.Reconnect;
  }

  /** As RTCIceServer of W3C WebRTC. */
  interface IceServer {
    /** stun:host[:port] (RFC 7064), turn:host[:port][?transport=udp|tcp] (RFC 7065). */
    urls: string[];
    /** Of TURN; both are needed, and are in no event and no log. */
    username: string;
    credential: string;
  }

  interface Reconnect {
    /** True: the first failure is final. */
    off: boolean;
    /**
     * Before the first attempt; each further wait is twice as long, and varies by a fifth. A server that says Retry-After
     * is not asked earlier. 50 ms to 1 h, default 0.5 s.
     */
    initial?: Seconds;
    /** The longest wait; not less than `initial`, at most 1 h, default 10 s. */
    most?: Seconds;
    /** Attempts in a row that may fail; then the loss is final. 0: for ever. */
    attempts: number;
  }

  type State = 'unspecified' | 'stopped' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

  interface StartRequest {
    /** sessions/{session}/elements/{element}; so in all requests. */
    name: string;
  }

  interface StartResponse {}

  interface StopRequest {
    name: string;
  }

  interface StopResponse {}

  interface GetConnectionRequest {
    name: string;
  }

  interface GetConnectionResponse {
    state: webrtc_client.State;
    /** RTP names of what is spoken while connected; empty: nothing yet. */
    audioCodec: string;
    videoCodec: string;
  }

  /** Event: the state changed; of STATE_RECONNECTING also: another attempt has failed. */
  interface StateChanged {
    state: webrtc_client.State;
    /** While RECONNECTING: the attempt that comes next, from 1 on; a connection sets it back. */
    attempt: number;
    /** Of RECONNECTING and FAILED: why the connection was lost or not made, a reason as in ElementError, and a text for people. */
    reason: string;
    message: string;
    /** From this event to the attempt. */
    nextAttemptIn?: Seconds;
  }
}

/**
 * AudioMixer: a hub that mixes the sound of any number of hub ports; at each the others are heard, and not what comes in
 * there. Only the loudest are decoded. Its source port "audio" is the mix of all. Hub ports are made on request: sink and
 * source port "{port_id}.audio" each.
 */
export interface AudioMixer extends Element<audio_mixer.AudioMixerOptions> {
  /**
   * Makes a hub port. Errors: INVALID_ARGUMENT/INVALID_ID or INVALID_OPTIONS, ALREADY_EXISTS/PORT_EXISTS,
   * RESOURCE_EXHAUSTED/PORT_QUOTA.
   */
  createHubPort(fields: Input<Omit<audio_mixer.CreateHubPortRequest, 'name'>>, call?: CallOptions): Promise<audio_mixer.CreateHubPortResponse>;
  /** Releases a hub port: its links go, nobody else hears it. Errors: NOT_FOUND/PORT_NOT_FOUND. */
  deleteHubPort(fields: Input<Omit<audio_mixer.DeleteHubPortRequest, 'name'>>, call?: CallOptions): Promise<audio_mixer.DeleteHubPortResponse>;
  /**
   * Changes what is made of a hub port's sound, from the next block of 20 ms on. Errors: NOT_FOUND/PORT_NOT_FOUND,
   * INVALID_ARGUMENT/INVALID_OPTIONS (metadata: field).
   */
  setInput(fields: Input<Omit<audio_mixer.SetInputRequest, 'name'>>, call?: CallOptions): Promise<audio_mixer.SetInputResponse>;
}

/**
 * Composite: a hub that makes one picture and one sound of those of any number of hub ports. Everyone sees the same picture
 * and hears all others, not himself. Its source ports "video" and "audio" are the picture and the mix of all, for recorders.
 * Hub ports are made on request: sink and source ports "{port_id}.audio" and "{port_id}.video" each; the pictures of all
 * are encoded once per codec.
 */
export interface Composite extends Element<composite.CompositeOptions> {
  /**
   * Makes a hub port. Errors: INVALID_ARGUMENT/INVALID_ID or INVALID_OPTIONS, ALREADY_EXISTS/PORT_EXISTS,
   * RESOURCE_EXHAUSTED/PORT_QUOTA.
   */
  createHubPort(fields: Input<Omit<composite.CreateHubPortRequest, 'name'>>, call?: CallOptions): Promise<composite.CreateHubPortResponse>;
  /**
   * Releases a hub port: its links go, and with the next picture and block of sound it is neither seen nor heard.
   * Errors: NOT_FOUND/PORT_NOT_FOUND.
   */
  deleteHubPort(fields: Input<Omit<composite.DeleteHubPortRequest, 'name'>>, call?: CallOptions): Promise<composite.DeleteHubPortResponse>;
  /**
   * Changes what is made of a hub port's media. Errors: NOT_FOUND/PORT_NOT_FOUND, INVALID_ARGUMENT/INVALID_OPTIONS (metadata:
   * field).
   */
  setInput(fields: Input<Omit<composite.SetInputRequest, 'name'>>, call?: CallOptions): Promise<composite.SetInputResponse>;
  /** From the next picture on. Errors: INVALID_ARGUMENT/LAYOUT_INVALID. */
  setLayout(fields: Input<Omit<composite.SetLayoutRequest, 'name'>>, call?: CallOptions): Promise<composite.SetLayoutResponse>;
  /** Answers when an image is loaded. Errors: INVALID_ARGUMENT/INVALID_OPTIONS or NOT_MEDIA, PERMISSION_DENIED/URI_NOT_ALLOWED. */
  setBackground(fields: Input<Omit<composite.SetBackgroundRequest, 'name'>>, call?: CallOptions): Promise<composite.SetBackgroundResponse>;
}

/**
 * Dispatcher: a hub that hands on what enters at any of its hub ports to any others, as it comes. Each hub port, made on
 * request, has the sink and source ports "{port_id}.audio" and "{port_id}.video". Where one sends what another was sent
 * before, pictures change with a key frame, and receivers of RTP keep their SSRC, sequence numbers and time stamps going.
 */
export interface Dispatcher extends Element<dispatcher.DispatcherOptions> {
  /**
   * Makes a hub port. It sends nothing until it is connected.
   * Errors: INVALID_ARGUMENT/INVALID_ID, ALREADY_EXISTS/PORT_EXISTS, RESOURCE_EXHAUSTED/PORT_QUOTA.
   */
  createHubPort(fields: Input<Omit<dispatcher.CreateHubPortRequest, 'name'>>, call?: CallOptions): Promise<dispatcher.CreateHubPortResponse>;
  /** Releases a hub port: its links and its connections go. Errors: NOT_FOUND/PORT_NOT_FOUND. */
  deleteHubPort(fields: Input<Omit<dispatcher.DeleteHubPortRequest, 'name'>>, call?: CallOptions): Promise<dispatcher.DeleteHubPortResponse>;
  /**
   * What enters at the source leaves at the sink from now on; a source has any number of sinks. What the sink was sent
   * before goes with it, pictures when the new source's first key frame comes, after two seconds at the latest. Once
   * more what is so already changes nothing. Errors: NOT_FOUND/PORT_NOT_FOUND, INVALID_ARGUMENT/INVALID_OPTIONS
   * (metadata: field).
   */
  connectHubPorts(fields: Input<Omit<dispatcher.ConnectHubPortsRequest, 'name'>>, call?: CallOptions): Promise<dispatcher.ConnectHubPortsResponse>;
  /**
   * Ends the connections that match, at once. Errors: NOT_FOUND/PORT_NOT_FOUND or LINK_NOT_FOUND (none matches),
   * INVALID_ARGUMENT/INVALID_OPTIONS.
   */
  disconnectHubPorts(fields: Input<Omit<dispatcher.DisconnectHubPortsRequest, 'name'>>, call?: CallOptions): Promise<dispatcher.DisconnectHubPortsResponse>;
  /** The connections that there are, by sink, sound before pictures. */
  listConnections(fields?: {}, call?: CallOptions): Promise<dispatcher.ListConnectionsResponse>;
}

/**
 * DispatcherOneToMany: a hub that hands on what enters at one of its hub ports, the source, to all of them, as it comes.
 * Each hub port, made on request, has the sink and source ports "{port_id}.audio" and "{port_id}.video". When another
 * one becomes the source, pictures change with its next key frame, and receivers of RTP keep their SSRC, sequence numbers
 * and time stamps going: nothing is negotiated again.
 */
export interface DispatcherOneToMany extends Element<dispatcher_one_to_many.DispatcherOneToManyOptions> {
  /**
   * Makes a hub port. It sends what the source gets.
   * Errors: INVALID_ARGUMENT/INVALID_ID, ALREADY_EXISTS/PORT_EXISTS, RESOURCE_EXHAUSTED/PORT_QUOTA.
   */
  createHubPort(fields: Input<Omit<dispatcher_one_to_many.CreateHubPortRequest, 'name'>>, call?: CallOptions): Promise<dispatcher_one_to_many.CreateHubPortResponse>;
  /** Releases a hub port: its links go. If it was the source there is none any more. Errors: NOT_FOUND/PORT_NOT_FOUND. */
  deleteHubPort(fields: Input<Omit<dispatcher_one_to_many.DeleteHubPortRequest, 'name'>>, call?: CallOptions): Promise<dispatcher_one_to_many.DeleteHubPortResponse>;
  /**
   * What enters at this hub port leaves at all, at its own source ports as well. The one before goes on until the first
   * key frame of the new one comes, two seconds at most; sound changes at once. Once more the same changes nothing.
   * Errors: NOT_FOUND/PORT_NOT_FOUND, INVALID_ARGUMENT/INVALID_OPTIONS (metadata: field).
   */
  setSource(fields: Input<Omit<dispatcher_one_to_many.SetSourceRequest, 'name'>>, call?: CallOptions): Promise<dispatcher_one_to_many.SetSourceResponse>;
  /**
   * Nothing leaves any more, at once. No error if there is no source.
   * Errors: INVALID_ARGUMENT/INVALID_OPTIONS (metadata: field).
   */
  removeSource(fields?: Input<Omit<dispatcher_one_to_many.RemoveSourceRequest, 'name'>>, call?: CallOptions): Promise<dispatcher_one_to_many.RemoveSourceResponse>;
  /** What the source is. */
  getSource(fields?: {}, call?: CallOptions): Promise<dispatcher_one_to_many.GetSourceResponse>;
}

/**
 * FaceDetectionFilter: finds faces, says where they are, and marks or hides them. Sink and source port: "video".
 * Sound runs through its "audio" ports untouched.
 */
export interface FaceDetectionFilter extends Element<face_detection.FaceDetectionOptions> {
  /**
   * Changes what is drawn from the next frame on; an image is unpacked before the call answers. When it fails, what was
   * drawn before stays. Errors: NOT_FOUND/ELEMENT_NOT_FOUND or IMAGE_NOT_FOUND, PERMISSION_DENIED/URI_NOT_ALLOWED,
   * INVALID_ARGUMENT/INVALID_OPTIONS, IMAGE_INVALID or WRONG_KIND.
   */
  setDrawing(fields: Input<Omit<face_detection.SetDrawingRequest, 'name'>>, call?: CallOptions): Promise<face_detection.SetDrawingResponse>;
}

/**
 * GStreamerFilter: a GStreamer bin of transforms, raw media in and out. Sink and source ports: "video" or "audio",
 * by kind; the other kind runs through untouched.
 */
export interface GStreamerFilter extends Element<gstreamer_filter.GStreamerFilterOptions> {
  /**
   * Sets a property of an element in the bin, while media runs. Errors: NOT_FOUND/ELEMENT_NOT_FOUND,
   * INVALID_ARGUMENT/WRONG_KIND, UNKNOWN_PROPERTY, PROPERTY_NOT_ALLOWED or INVALID_VALUE,
   * PERMISSION_DENIED/URI_NOT_ALLOWED.
   */
  setProperty(fields: Input<Omit<gstreamer_filter.SetPropertyRequest, 'name'>>, call?: CallOptions): Promise<gstreamer_filter.SetPropertyResponse>;
}

/**
 * PassThrough: a fixed point in the graph. Its takers stay linked while its source changes; media runs through
 * unchanged in whatever format comes, and costs nothing. Ports: "audio" and "video", sink and source.
 */
export interface PassThrough extends Element<pass_through.PassThroughOptions> {}

/**
 * PlayerEndpoint: plays a file, an http(s) URL or a live source into the graph. Source ports: "audio" and "video", and one
 * for each of `further_tracks`.
 */
export interface PlayerEndpoint extends Element<player.PlayerOptions> {
  /**
   * Begins, or goes on after Pause; after Stop or the end, from the beginning. Returns when media runs, or fails
   * with the reasons listed at PlayerOptions.uri.
   */
  play(fields?: {}, call?: CallOptions): Promise<player.PlayResponse>;
  /** Stands still at the current frame. */
  pause(fields?: {}, call?: CallOptions): Promise<player.PauseResponse>;
  /**
   * Goes to a position, while playing or paused. Errors: FAILED_PRECONDITION/NOT_SEEKABLE or NOT_STARTED,
   * OUT_OF_RANGE/POSITION.
   */
  seek(fields: Input<Omit<player.SeekRequest, 'name'>>, call?: CallOptions): Promise<player.SeekResponse>;
  /**
   * How fast it plays from here on; see PlayerOptions.speed. Errors: INVALID_ARGUMENT/SPEED,
   * FAILED_PRECONDITION/NOT_SEEKABLE or NOT_STARTED.
   */
  setSpeed(fields: Input<Omit<player.SetSpeedRequest, 'name'>>, call?: CallOptions): Promise<player.SetSpeedResponse>;
  /** Errors: INVALID_ARGUMENT/VOLUME, FAILED_PRECONDITION/SOUND_NOT_DECODED when PlayerOptions.volume was not set. */
  setVolume(fields: Input<Omit<player.SetVolumeRequest, 'name'>>, call?: CallOptions): Promise<player.SetVolumeResponse>;
  /**
   * What there is to play: of the item that plays, or else of the first one, which is opened for it and closed again.
   * Errors: those of Play.
   */
  getMediaInfo(fields?: {}, call?: CallOptions): Promise<player.GetMediaInfoResponse>;
  /** Ends playing and closes the file. */
  stop(fields?: {}, call?: CallOptions): Promise<player.StopResponse>;
  /** Where it is. */
  getPosition(fields?: {}, call?: CallOptions): Promise<player.GetPositionResponse>;
}

/**
 * RecorderEndpoint: writes files. Sink ports: "audio" and "video", and more of them where asked for. What the container
 * can hold is copied; the rest is encoded by the planner.
 *
 * A recording is one part or several, each a file of its own that plays by itself. A new part begins where the media
 * changes into what the present file cannot hold, where a track comes late or is disconnected, and where it is split.
 */
export interface RecorderEndpoint extends Element<recorder.RecorderOptions> {
  /** Begins. Errors: FAILED_PRECONDITION/ALREADY_RECORDED (a recorder makes one recording). */
  record(fields?: {}, call?: CallOptions): Promise<recorder.RecordResponse>;
  /**
   * Finishes the file and returns when it is final. Errors: FAILED_PRECONDITION/NOT_RECORDING;
   * DATA_LOSS/NOTHING_RECORDED when no media came (no file is left); DEADLINE_EXCEEDED/PIPELINE_STUCK.
   * A second Stop answers as the first.
   */
  stop(fields?: Input<Omit<recorder.StopRequest, 'name'>>, call?: CallOptions): Promise<recorder.StopResponse>;
  /** What was written so far. */
  getRecording(fields?: {}, call?: CallOptions): Promise<recorder.GetRecordingResponse>;
  /**
   * Nothing is recorded from now until Resume, and the time between is not in the file. Errors:
   * FAILED_PRECONDITION/NOT_RECORDING. A second Pause changes nothing.
   */
  pause(fields?: {}, call?: CallOptions): Promise<recorder.PauseResponse>;
  /**
   * Goes on in the same part; pictures with a key frame, which is asked for, and sound with it. Errors:
   * FAILED_PRECONDITION/NOT_RECORDING. Does nothing when it is not paused.
   */
  resume(fields?: {}, call?: CallOptions): Promise<recorder.ResumeResponse>;
  /**
   * A new part begins at the next key frame, which is asked for (without pictures: at once). PartStarted tells when.
   * Errors: FAILED_PRECONDITION/NOT_RECORDING.
   */
  split(fields?: {}, call?: CallOptions): Promise<recorder.SplitResponse>;
}

/**
 * RtpEndpoint: plain RTP (RFC 3550) with a camera, a phone, an SBC, ffmpeg: AVP, AVPF, SAVP and SAVPF, keys by SDES
 * (RFC 4568), one audio and one video m-line. Described by SDP (ProcessOffer, GenerateOffer, ProcessAnswer) or by
 * `audio` and `video` alone. Source ports "audio" and "video" are what the peer sends, sink ports what it receives.
 */
export interface RtpEndpoint extends Element<rtp.RtpOptions> {
  /**
   * Answers an offer of the peer (RFC 3264), the first or a later one: hold and resume, a new address, other codecs.
   * Errors: INVALID_ARGUMENT/SDP_..., with the line at fault in the text.
   */
  processOffer(fields: Input<Omit<rtp.ProcessOfferRequest, 'name'>>, call?: CallOptions): Promise<rtp.ProcessOfferResponse>;
  generateOffer(fields: Input<Omit<rtp.GenerateOfferRequest, 'name'>>, call?: CallOptions): Promise<rtp.GenerateOfferResponse>;
  /** Errors: INVALID_ARGUMENT/SDP_..., FAILED_PRECONDITION/NO_OFFER_PENDING. */
  processAnswer(fields: Input<Omit<rtp.ProcessAnswerRequest, 'name'>>, call?: CallOptions): Promise<rtp.ProcessAnswerResponse>;
  /**
   * Telephone events (RFC 4733) to the peer, one after the other. Errors: INVALID_ARGUMENT/TONES_INVALID,
   * FAILED_PRECONDITION/NO_TELEPHONE_EVENT.
   */
  sendTones(fields: Input<Omit<rtp.SendTonesRequest, 'name'>>, call?: CallOptions): Promise<rtp.SendTonesResponse>;
  /** Where media is received, for peers without SDP. */
  getLocalPorts(fields?: {}, call?: CallOptions): Promise<rtp.GetLocalPortsResponse>;
}

/**
 * WebRtcEndpoint: one WebRTC peer, a browser mostly; media both ways. Source ports "audio" and "video" are the first
 * m-lines of that kind on which the peer sends, sink ports "audio" and "video" the first on which it receives. Further
 * m-lines are ports named by their mid; they appear when they are negotiated, and go with their m-line.
 * Sources offer RTP of the codec that was negotiated; sinks take RTP of those that the peer can receive. Ports "data" carry
 * messages of data channels from peer to peer, by the channels' labels.
 */
export interface WebRtcEndpoint extends Element<webrtc.WebRtcOptions> {
  /**
   * Answers an offer of the peer, the first or a later one (RFC 8829, RFC 9429). Errors:
   * INVALID_ARGUMENT/SDP_..., with the line at fault in the text.
   */
  processOffer(fields: Input<Omit<webrtc.ProcessOfferRequest, 'name'>>, call?: CallOptions): Promise<webrtc.ProcessOfferResponse>;
  /**
   * Makes an offer to the peer; ProcessAnswer ends the exchange. Errors: FAILED_PRECONDITION/OFFER_PENDING,
   * INVALID_ARGUMENT/INVALID_OPTIONS (a line without a kind, or a mid that no line of that kind has; metadata: field).
   */
  generateOffer(fields: Input<Omit<webrtc.GenerateOfferRequest, 'name'>>, call?: CallOptions): Promise<webrtc.GenerateOfferResponse>;
  /**
   * Takes back an offer that was not answered (rollback, RFC 9429 section 4.1.8.2); an offer of the peer does so, too. What it
   * wanted of lines that there are is wanted still. Errors: FAILED_PRECONDITION/NO_OFFER_PENDING.
   */
  withdrawOffer(fields?: {}, call?: CallOptions): Promise<webrtc.WithdrawOfferResponse>;
  /** Takes the peer's answer. Errors: INVALID_ARGUMENT/SDP_..., FAILED_PRECONDITION/NO_OFFER_PENDING. */
  processAnswer(fields: Input<Omit<webrtc.ProcessAnswerRequest, 'name'>>, call?: CallOptions): Promise<webrtc.ProcessAnswerResponse>;
  /**
   * A candidate of the peer, of whichever description; at any time, also before its offer. A late one does no harm, since
   * kms needs none. Errors: INVALID_ARGUMENT/CANDIDATE_INVALID.
   */
  addIceCandidate(fields: Input<Omit<webrtc.AddIceCandidateRequest, 'name'>>, call?: CallOptions): Promise<webrtc.AddIceCandidateResponse>;
  /**
   * Sends IceCandidateFound for each candidate of ours, then IceGatheringDone. With trickle, after the first
   * description, and again after an ICE restart of either side, when the peer has our description: Chromium takes a new path
   * without that, by the candidates that it has; other peers may wait for them. Errors: FAILED_PRECONDITION/NOT_NEGOTIATED.
   */
  gatherCandidates(fields?: {}, call?: CallOptions): Promise<webrtc.GatherCandidatesResponse>;
  /** Says goodbye to the peer. The element stays, with ports that carry nothing any more. */
  close(fields?: {}, call?: CallOptions): Promise<webrtc.CloseResponse>;
  /**
   * Chooses among the encodings of a simulcast track for the peer, from now on and for whatever is linked to that port
   * later; pauses and resumes. Each call says all of it: what is not set is as by default. Errors: NOT_FOUND/PORT_NOT_FOUND.
   */
  setPreferredLayers(fields: Input<Omit<webrtc.SetPreferredLayersRequest, 'name'>>, call?: CallOptions): Promise<webrtc.SetPreferredLayersResponse>;
  /** Figures of the connection, under the names of W3C webrtc-stats. */
  getRtcStats(fields?: {}, call?: CallOptions): Promise<webrtc.GetRtcStatsResponse>;
  /**
   * The same at once, and again and again until the connection ends. A client that does not read in time misses some.
   * Errors: INVALID_ARGUMENT/INVALID_OPTIONS (metadata: field), RESOURCE_EXHAUSTED/SUBSCRIBER_QUOTA (16 streams of an element).
   */
  watchRtcStats(fields?: Input<Omit<webrtc.WatchRtcStatsRequest, 'name'>>, call?: CallOptions): Stream<webrtc.WatchRtcStatsResponse>;
  /**
   * Opens a data channel to the peer (RFC 8831, RFC 8832), now or when the connection has an m-line for data: the next
   * GenerateOffer has one. Errors: INVALID_ARGUMENT/DATA_CHANNEL_INVALID, RESOURCE_EXHAUSTED/TOO_MANY_CHANNELS,
   * FAILED_PRECONDITION/DATA_CHANNEL_CLOSED (the peer has ended all data).
   */
  createDataChannel(fields: Input<Omit<webrtc.CreateDataChannelRequest, 'name'>>, call?: CallOptions): Promise<webrtc.CreateDataChannelResponse>;
  /** The channels that are not closed. */
  listDataChannels(fields?: {}, call?: CallOptions): Promise<webrtc.ListDataChannelsResponse>;
  /**
   * Sends a message, or keeps it until the channel is open. Answers when it is on its way or waits. Errors:
   * NOT_FOUND/DATA_CHANNEL_NOT_FOUND, FAILED_PRECONDITION/DATA_CHANNEL_CLOSED, INVALID_ARGUMENT/MESSAGE_TOO_LARGE,
   * INVALID_ARGUMENT/MESSAGE_EMPTY (neither text nor binary is set), RESOURCE_EXHAUSTED/DATA_BUFFER_FULL: 1 MiB waits in
   * the channel, or 4 MiB in all of the peer's (each message counts 512 bytes more than it has); DataChannelDrained
   * tells when it is worth another try.
   */
  sendData(fields: Input<Omit<webrtc.SendDataRequest, 'name'>>, call?: CallOptions): Promise<webrtc.SendDataResponse>;
  /**
   * Sends messages as SendData does, in order, and reads no further while one finds no room: the client is held up instead
   * of refused. The first request names the endpoint, later ones need not. Answers at the client's end; the first error ends
   * it. Errors: those of SendData; RESOURCE_EXHAUSTED/DATA_BUFFER_FULL only where 16 streams wait for room already.
   */
  sendDataStream(call?: Pick<CallOptions, 'signal'>): Sink<Input<Omit<webrtc.SendDataRequest, 'name'>>, webrtc.SendDataStreamResponse>;
  /** After what was sent before; DataChannelStateChanged tells the end. Errors: NOT_FOUND/DATA_CHANNEL_NOT_FOUND. */
  closeDataChannel(fields: Input<Omit<webrtc.CloseDataChannelRequest, 'name'>>, call?: CallOptions): Promise<webrtc.CloseDataChannelResponse>;
  /**
   * What the peer sends over data channels, from now on, and what becomes of the channels, in order; first those that
   * there are. Ends with the connection. A client that is slow holds up the peer, on all channels; one that reads nothing
   * for limits.data_patience is cut off. Errors: RESOURCE_EXHAUSTED/SUBSCRIBER_QUOTA (16 streams of an element),
   * RESOURCE_EXHAUSTED/SUBSCRIBER_TOO_SLOW.
   */
  receiveData(fields?: {}, call?: CallOptions): Stream<webrtc.ReceiveDataResponse>;
}

/**
 * WhipClientEndpoint: publishes the graph's sound and pictures to a WHIP server (RFC 9725). Sink ports: "audio" and
 * "video". They take encoded frames of the codecs the server agreed to, of them what is linked without transcoding if
 * that is possible; media goes nowhere while there is no connection.
 */
export interface WhipClientEndpoint extends Element<webrtc_client.WhipClientOptions> {
  /**
   * Connects. Returns when the connection stands, or has finally failed: URI_NOT_ALLOWED, SERVER_UNREACHABLE,
   * SERVER_REFUSED, UNAUTHORIZED, NOT_FOUND, ANSWER_INVALID, CODEC_UNSUPPORTED, CONNECTION_FAILED,
   * CERTIFICATE_MISMATCH. The deadline of the call ends the waiting, not the trying.
   */
  start(fields?: {}, call?: CallOptions): Promise<webrtc_client.StartResponse>;
  /** Says goodbye to the server (DELETE) and tries no more. */
  stop(fields?: {}, call?: CallOptions): Promise<webrtc_client.StopResponse>;
  getConnection(fields?: {}, call?: CallOptions): Promise<webrtc_client.GetConnectionResponse>;
}

/**
 * WhepClientEndpoint: plays what a WHEP server shows (draft-ietf-wish-whep) into the graph. Source ports: "audio" and
 * "video", RTP of the codecs that the server sends, known when it has answered; packets are forwarded as they come. Over
 * a loss of the connection ports and links stay; time stamps go on.
 */
export interface WhepClientEndpoint extends Element<webrtc_client.WhepClientOptions> {
  /**
   * Connects. Returns when the connection stands, or has finally failed: URI_NOT_ALLOWED, SERVER_UNREACHABLE,
   * SERVER_REFUSED, UNAUTHORIZED, NOT_FOUND, ANSWER_INVALID, CODEC_UNSUPPORTED, CONNECTION_FAILED,
   * CERTIFICATE_MISMATCH. The deadline of the call ends the waiting, not the trying.
   */
  start(fields?: {}, call?: CallOptions): Promise<webrtc_client.StartResponse>;
  /** Says goodbye to the server (DELETE) and tries no more. */
  stop(fields?: {}, call?: CallOptions): Promise<webrtc_client.StopResponse>;
  getConnection(fields?: {}, call?: CallOptions): Promise<webrtc_client.GetConnectionResponse>;
}

/** Kinds of elements by title: what create() takes and gives. */
export interface ElementKinds {
  AudioMixer: { options: Input<audio_mixer.AudioMixerOptions>; element: AudioMixer };
  Composite: { options: Input<composite.CompositeOptions>; element: Composite };
  Dispatcher: { options: Input<dispatcher.DispatcherOptions>; element: Dispatcher };
  DispatcherOneToMany: { options: Input<dispatcher_one_to_many.DispatcherOneToManyOptions>; element: DispatcherOneToMany };
  FaceDetectionFilter: { options: Input<face_detection.FaceDetectionOptions>; element: FaceDetectionFilter };
  GStreamerFilter: { options: Input<gstreamer_filter.GStreamerFilterOptions>; element: GStreamerFilter };
  PassThrough: { options: Input<pass_through.PassThroughOptions>; element: PassThrough };
  PlayerEndpoint: { options: Input<player.PlayerOptions>; element: PlayerEndpoint };
  RecorderEndpoint: { options: Input<recorder.RecorderOptions>; element: RecorderEndpoint };
  RtpEndpoint: { options: Input<rtp.RtpOptions>; element: RtpEndpoint };
  WebRtcEndpoint: { options: Input<webrtc.WebRtcOptions>; element: WebRtcEndpoint };
  WhipClientEndpoint: { options: Input<webrtc_client.WhipClientOptions>; element: WhipClientEndpoint };
  WhepClientEndpoint: { options: Input<webrtc_client.WhepClientOptions>; element: WhepClientEndpoint };
}

/** Whatever a session can tell; `type` says which it is. */
export type Event =
  | EventOf<'SessionClosed', 'kms.v1.SessionClosed', v1.SessionClosed>
  | EventOf<'ElementError', 'kms.v1.ElementError', v1.ElementError>
  | EventOf<'MediaFlowing', 'kms.v1.MediaFlowing', v1.MediaFlowing>
  | EventOf<'MediaNotFlowing', 'kms.v1.MediaNotFlowing', v1.MediaNotFlowing>
  | EventOf<'TranscodingStarted', 'kms.v1.TranscodingStarted', v1.TranscodingStarted>
  | EventOf<'TranscodingStopped', 'kms.v1.TranscodingStopped', v1.TranscodingStopped>
  | EventOf<'EndOfStream', 'kms.v1.EndOfStream', v1.EndOfStream>
  | EventOf<'ElementCreated', 'kms.v1.ElementCreated', v1.ElementCreated>
  | EventOf<'ElementDeleted', 'kms.v1.ElementDeleted', v1.ElementDeleted>
  | EventOf<'LinkConnected', 'kms.v1.LinkConnected', v1.LinkConnected>
  | EventOf<'LinkDisconnected', 'kms.v1.LinkDisconnected', v1.LinkDisconnected>
  | EventOf<'ActiveSpeakerChanged', 'kms.v1.ActiveSpeakerChanged', v1.ActiveSpeakerChanged>
  | EventOf<'ActiveSpeakerChanged', 'kms.audio_mixer.v1.ActiveSpeakerChanged', audio_mixer.ActiveSpeakerChanged>
  | EventOf<'ActiveSpeakerChanged', 'kms.composite.v1.ActiveSpeakerChanged', composite.ActiveSpeakerChanged>
  | EventOf<'ConnectionChanged', 'kms.dispatcher.v1.ConnectionChanged', dispatcher.ConnectionChanged>
  | EventOf<'SourceChanged', 'kms.dispatcher_one_to_many.v1.SourceChanged', dispatcher_one_to_many.SourceChanged>
  | EventOf<'FacesDetected', 'kms.face_detection.v1.FacesDetected', face_detection.FacesDetected>
  | EventOf<'StateChanged', 'kms.player.v1.StateChanged', player.StateChanged>
  | EventOf<'ItemStarted', 'kms.player.v1.ItemStarted', player.ItemStarted>
  | EventOf<'Resuming', 'kms.player.v1.Resuming', player.Resuming>
  | EventOf<'RecordingStarted', 'kms.recorder.v1.RecordingStarted', recorder.RecordingStarted>
  | EventOf<'RecordingFinished', 'kms.recorder.v1.RecordingFinished', recorder.RecordingFinished>
  | EventOf<'PartStarted', 'kms.recorder.v1.PartStarted', recorder.PartStarted>
  | EventOf<'PartFinished', 'kms.recorder.v1.PartFinished', recorder.PartFinished>
  | EventOf<'PartStored', 'kms.recorder.v1.PartStored', recorder.PartStored>
  | EventOf<'PartNotStored', 'kms.recorder.v1.PartNotStored', recorder.PartNotStored>
  | EventOf<'ToneReceived', 'kms.rtp.v1.ToneReceived', rtp.ToneReceived>
  | EventOf<'MediaTimeout', 'kms.rtp.v1.MediaTimeout', rtp.MediaTimeout>
  | EventOf<'MediaResumed', 'kms.rtp.v1.MediaResumed', rtp.MediaResumed>
  | EventOf<'RemoteAddressChanged', 'kms.rtp.v1.RemoteAddressChanged', rtp.RemoteAddressChanged>
  | EventOf<'SignalingStateChanged', 'kms.webrtc.v1.SignalingStateChanged', webrtc.SignalingStateChanged>
  | EventOf<'IceStateChanged', 'kms.webrtc.v1.IceStateChanged', webrtc.IceStateChanged>
  | EventOf<'DtlsStateChanged', 'kms.webrtc.v1.DtlsStateChanged', webrtc.DtlsStateChanged>
  | EventOf<'ConnectionStateChanged', 'kms.webrtc.v1.ConnectionStateChanged', webrtc.ConnectionStateChanged>
  | EventOf<'IceCandidateFound', 'kms.webrtc.v1.IceCandidateFound', webrtc.IceCandidateFound>
  | EventOf<'IceGatheringDone', 'kms.webrtc.v1.IceGatheringDone', webrtc.IceGatheringDone>
  | EventOf<'CandidatePairSelected', 'kms.webrtc.v1.CandidatePairSelected', webrtc.CandidatePairSelected>
  | EventOf<'DataChannelStateChanged', 'kms.webrtc.v1.DataChannelStateChanged', webrtc.DataChannelStateChanged>
  | EventOf<'DataChannelDrained', 'kms.webrtc.v1.DataChannelDrained', webrtc.DataChannelDrained>
  | EventOf<'EncodingsWanted', 'kms.webrtc.v1.EncodingsWanted', webrtc.EncodingsWanted>
  | EventOf<'StateChanged', 'kms.webrtc_client.v1.StateChanged', webrtc_client.StateChanged>;
