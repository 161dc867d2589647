import type { TogetherState } from '../../state/together.ts';
import { useTogether } from './actions.ts';

interface InviteProps {
  readonly invitation: NonNullable<TogetherState['invitation']>;
  readonly code: string;
  /** Nobody else is there yet. */
  readonly open: boolean;
}

/** How the others come in: a picture for their phones, a link, a code to type. */
export function Invite({ invitation: { link, size, path }, code, open }: InviteProps) {
  const { copyLink } = useTogether();
  return (
    <details class="invite" open={open}>
      <summary>Invite somebody</summary>
      <div class="invitation">
        <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={`QR code of ${link}`}>
          <rect width={size} height={size} />
          <path d={path} />
        </svg>
        <div class="ways">
          <p>Let them scan this, or send them the link. They need no account.</p>
          <p class="link">
            <a href={link}>{link}</a>
          </p>
          <p>
            <button type="button" class="pill" onClick={copyLink}>
              Copy the link
            </button>
          </p>
          <p class="hint">
            To type: this site’s <strong>/together</strong> and the code <strong class="code">{spaced(code)}</strong>
          </p>
        </div>
      </div>
    </details>
  );
}

/** A code in groups of four, as people read it. */
export function spaced(code: string): string {
  return code.match(/.{1,4}/g)?.join('-') ?? '';
}
