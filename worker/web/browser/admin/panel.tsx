import { useMemo, useRef, useState } from 'preact/hooks';
import { type Trouble, troubleOf } from '../../state/state.ts';
import { keepToken, keptToken, Operator } from './client.ts';
import { HiddenFilms } from './hidden.tsx';
import { Person } from './person.tsx';
import { PinnedFilms } from './pinned.tsx';
import { Retrains } from './retrains.tsx';
import { TrafficPart } from './traffic.tsx';
import { VersionsPart } from './versions.tsx';

/** The operator's page below its heading: first the token, then everything. */
export function Panel() {
  const [token, setToken] = useState(keptToken);
  const open = (token: string) => {
    keepToken(token);
    setToken(token);
  };
  return token ? <Desk token={token} leave={() => open('')} /> : <Entrance open={open} />;
}

function Entrance({ open }: { open: (token: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const enter = (event: Event) => {
    event.preventDefault();
    const token = input.current!.value.trim();
    new Operator(token).retrains().then(
      () => open(token),
      (error: unknown) => {
        setTrouble(troubleOf(error));
        input.current!.select();
      },
    );
  };
  return (
    <form class="admin-entrance" onSubmit={enter}>
      <label class="field">
        Token
        <input ref={input} type="password" name="token" autocomplete="off" required />
      </label>
      <button type="submit" class="pill">
        Open
      </button>
      <p class="hint">It stays in this tab until you close it.</p>
      {trouble && (
        <p class="problem" role="alert">
          {trouble.message}
        </p>
      )}
    </form>
  );
}

function Desk({ token, leave }: { token: string; leave: () => void }) {
  const operator = useMemo(() => new Operator(token), [token]);
  const [said, say] = useState('');
  return (
    <div class="admin-body">
      <p class="links">
        <a href="/report">Report</a>
        <a href="/docs">API</a>
        <button type="button" class="quiet" onClick={leave}>
          Close and forget the token
        </button>
      </p>
      <p class="visually-hidden" role="status">
        {said}
      </p>
      <VersionsPart operator={operator} say={say} />
      <Retrains operator={operator} />
      <TrafficPart operator={operator} say={say} />
      <PinnedFilms operator={operator} say={say} />
      <HiddenFilms operator={operator} say={say} />
      <Person operator={operator} say={say} />
    </div>
  );
}
