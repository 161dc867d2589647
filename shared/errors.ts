/**
 * Stable codes of everything that can go wrong, and whose fault it is: `caller` errors say how to mend the input,
 * `ours` means that a file, a service or the program failed. The Worker maps codes to HTTP statuses, scripts to exit codes.
 */
const FAULTS = {
  'bad-flag': 'caller',
  'bad-parameter': 'caller',
  'bad-body': 'caller',
  'bad-row': 'caller',
  'bad-rating': 'caller',
  'bad-data': 'caller',
  'too-large': 'caller',
  'bad-encoding': 'caller',
  'wrong-method': 'caller',
  unauthorized: 'caller',
  forbidden: 'caller',
  'cross-site': 'caller',
  'deleted-user': 'caller',
  'too-many-requests': 'caller',
  'too-many-ratings': 'caller',
  'too-many-marks': 'caller',
  'too-many-films': 'caller',
  'unknown-movie': 'caller',
  'unknown-user': 'caller',
  'unknown-profile': 'caller',
  'unknown-gathering': 'caller',
  'ended-gathering': 'caller',
  'full-gathering': 'caller',
  'unknown-version': 'caller',
  'unknown-dataset': 'caller',
  'not-found': 'caller',
  'not-offered': 'caller',
  'no-engine': 'caller',
  'out-of-memory': 'caller',
  'no-model': 'ours',
  'bad-artifact': 'ours',
  'download-failed': 'ours',
  'publish-conflict': 'ours',
  'training-diverged': 'ours',
  'store-unavailable': 'ours',
  overloaded: 'ours',
  'not-configured': 'ours',
  internal: 'ours',
} as const;

export type ErrorCode = keyof typeof FAULTS;

/** Characters of an input that an error shows. */
const SHOWN = 80;

/** Cuts what an error shows of an input. */
export function short(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

/**
 * The one error that Marquee throws on purpose.
 *
 * @example
 * throw new MarqueeError('bad-row', `ratings.csv:17: got "abc", expected a rating`, { fix: 'Mend or delete the line.' });
 */
export class MarqueeError extends Error {
  override readonly name = 'MarqueeError';
  readonly code: ErrorCode;
  /** One sentence: what the reader can do about it. */
  readonly fix: string | undefined;
  /** Machine-readable particulars: the parameter, its bound, the value that came. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { fix?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
    this.details = options.details ?? {};
  }

  get fault(): 'caller' | 'ours' {
    return FAULTS[this.code];
  }
}
