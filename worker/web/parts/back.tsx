import { type Address, hrefOf } from '../state/address.ts';

/** The way back from a film or from the ratings, to the gathering for whom the film was opened. */
export function Back({ address }: { address: Address }) {
  const gathers = address.view === 'film' && address.gathering !== undefined;
  return (
    <p>
      <a class="pill back" href={hrefOf({ ...address, view: gathers ? 'together' : 'list', film: null })}>
        <span aria-hidden="true">← </span>Back to {gathers ? 'your gathering' : 'the list'}
      </a>
    </p>
  );
}
