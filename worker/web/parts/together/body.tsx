import { MOST_MEMBERS } from '../../../../shared/ratings/tables/gathering.ts';
import type { Gathering } from '../../state/api.ts';
import type { State } from '../../state/state.ts';
import { NO_GATHERING, namesOf } from '../../state/together.ts';
import { useTogether } from './actions.ts';
import { Deciding } from './deciding.tsx';
import { Entrance, NameForm } from './entrance.tsx';
import { Invite } from './invite.tsx';
import { Joint } from './joint.tsx';
import { Members } from './members.tsx';

/** What a gathering shows: a way in, who is there, their list and what would decide it. */
export function Body({ state }: { state: State }) {
  const { gathering, trouble } = state.together ?? NO_GATHERING;
  const isMember = gathering?.members.some(({ you }) => you) ?? false;
  return (
    <div class="together-body">
      {trouble && <Unreached {...trouble} />}
      {!state.address.gathering && <Entrance living={state.together?.living ?? []} />}
      {gathering && !isMember && <Invited gathering={gathering} />}
      {gathering && isMember && <Inside state={state} gathering={gathering} />}
    </div>
  );
}

function Unreached({ message, fix }: { readonly message: string; readonly fix?: string }) {
  const { retry } = useTogether();
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{message}</strong> {fix}
      </p>
      <p class="choices">
        <button type="button" class="pill" onClick={retry}>
          Try again
        </button>
        <a class="pill" href="/together">
          Begin another one
        </a>
      </p>
    </div>
  );
}

function Invited({ gathering: { members } }: { gathering: Gathering }) {
  const { join } = useTogether();
  const names = namesOf(members);
  return (
    <div class="entrance">
      <h3>{names.length === 1 ? `${names[0]} looks for a film with you` : `${listed(names)} look for a film`}</h3>
      {members.length < MOST_MEMBERS ? (
        <>
          <NameForm word="Join" onName={join} />
          <p class="hint">No account. The others see this name and what you may like, never what you rated.</p>
        </>
      ) : (
        <p>
          That is as many as a list can be for. Once somebody leaves, you can join here;{' '}
          <a href="/together">or begin another one</a>.
        </p>
      )}
    </div>
  );
}

function Inside({ state, gathering }: { state: State; gathering: Gathering }) {
  const { invitation, question } = state.together ?? NO_GATHERING;
  const alone = gathering.members.length === 1;
  return (
    <>
      <Members gathering={gathering}>
        {invitation && <Invite invitation={invitation} code={gathering.code} open={alone} />}
      </Members>
      {!alone && question && <Deciding question={question} members={gathering.members} />}
      {!alone && <Joint state={state} gathering={gathering} />}
    </>
  );
}

/** "Ann, Sam and Kim". */
function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
