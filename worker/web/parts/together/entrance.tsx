import { hrefOf } from '../../state/address.ts';
import { useTogether } from './actions.ts';
import { spaced } from './invite.tsx';

/** Characters of a name that the Worker takes. */
const LONGEST_NAME = 24;

/** Begin a gathering, go on with one, or type the code of somebody else's. */
export function Entrance({ living }: { living: readonly string[] }) {
  const { open, visit } = useTogether();
  return (
    <div class="entrance">
      <p>Begin, let the others scan a code, and rate five films each.</p>
      {living.map((code) => (
        <p key={code}>
          <a
            class="pill"
            href={hrefOf({ view: 'together', film: null, search: '', offset: 0, list: {}, gathering: code })}
          >
            Go on with {spaced(code)}
          </a>
        </p>
      ))}
      <NameForm word="Begin" onName={open} />
      <form
        class="one-field"
        onSubmit={(event) => {
          event.preventDefault();
          visit(fieldOf(event.currentTarget, 'code'));
        }}
      >
        <label class="field">
          <span>Somebody’s code</span>
          <input type="text" name="code" required autocomplete="off" autocapitalize="characters" spellcheck={false} />
        </label>
        <button type="submit" class="pill">
          Join
        </button>
      </form>
    </div>
  );
}

interface NameFormProps {
  /** What the button says. */
  readonly word: string;
  onName(name: string): void;
}

export function NameForm({ word, onName }: NameFormProps) {
  return (
    <form
      class="one-field"
      onSubmit={(event) => {
        event.preventDefault();
        onName(fieldOf(event.currentTarget, 'name'));
      }}
    >
      <label class="field">
        <span>Your first name</span>
        <input type="text" name="name" maxLength={LONGEST_NAME} placeholder="if you like" autocomplete="given-name" />
      </label>
      <button type="submit" class="pill primary">
        {word}
      </button>
    </form>
  );
}

function fieldOf(form: unknown, name: string): string {
  return String(new FormData(form as HTMLFormElement).get(name) ?? '').trim();
}
