/**
 * The types of the browser tracker. The script tag's attributes:
 *
 * | attribute | |
 * |---|---|
 * | `data-source` | the source's id; must be there |
 * | `data-api` | where `/track` is, e.g. `https://track.example.com`; default: where the script comes from |
 * | `data-page-view="off"` | no event `page-view` by itself |
 * | `data-page-view="history"` | also one for each address that an application on one page goes to: history.pushState and so on |
 * | `data-domains="example.org example.net"` | other sites of yours: links to them, and to hosts below them, take the visitor's profile along |
 * | `data-ux="off"` | what workflows answer as `ux` is not appended to the page |
 * | `data-consent="required"` | nothing is kept or sent until `tracker.consent(true)` |
 * | `data-do-not-track="ignore"` | also tracks who asks not to be tracked (DNT, Global Privacy Control) |
 */
export interface Tracker {
  /**
   * Queues an event. It is sent together with others after a moment, again if there is no answer, and stored once.
   *
   * Resolves with the answer once the server has it; with null if it was dropped: tracking is not allowed, the server refuses
   * it, or another tab sent it.
   */
  track(type: string, properties?: object, options?: TrackOptions): Promise<Answer | null>;

  /**
   * Keeps the visitor's decision. Granted: events that wait for it are sent. Denied: they go, and with them the queue, the
   * profile's id and the session; nothing is kept or sent any more. `consents` go to the profile: `{ marketing: true }`.
   */
  consent(granted: boolean, consents?: Record<string, boolean>): void;

  /** Calls a listener with each answer, or with the `ux` of an answer that has some. */
  on(name: 'response', listener: (answer: Answer) => void): void;
  on(name: 'ux', listener: (items: Ux[]) => void): void;

  /** The profile's id, as the server answered last. */
  readonly profile: string | null;

  /** The session's id; null if tracking is not allowed. */
  readonly session: string | null;
}

export interface TrackOptions {
  /** Send at once, with all that waits. */
  fire?: boolean;
  /** Added to the event's context, beside `page`. */
  context?: object;
  tags?: string[];
  /** false: ephemeral; the event is for workflows only. */
  saveEvent?: boolean;
  /** true: nobody's. */
  profileLess?: boolean;
  /** Anything else goes into the event's options. */
  [option: string]: unknown;
}

/** What the server answers to a request; a request may hold several events. */
export interface Answer {
  task: string;
  /** For each event its id; null: rejected. */
  events: (string | null)[];
  profile: { id: string | null };
  session: { id: string | null };
  /** What workflows said by tracardi.respond(). */
  response: Record<string, unknown>;
  /** What workflows said by tracardi.add_ux(). */
  ux: Ux[];
  errors: Problem[];
  warnings: Problem[];
}

/** An element that is appended to the page. */
export interface Ux {
  tag: string;
  props?: Record<string, string>;
  content?: string;
}

export interface Problem {
  /** The event's place in the request. */
  event: number;
  id: string | null;
  /** The SQLSTATE. */
  code: string;
  message: string;
  path?: string;
}

declare global {
  interface Window {
    /** Before the script has run: `{ calls: [[type, properties, options], …] }`. */
    tracker: Tracker;
  }
}
