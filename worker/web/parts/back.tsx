import { type Address, hrefOf } from '../state/address.ts';

/** The way back from a film or from the ratings. */
export function Back({ address }: { address: Address }) {
  return (
    <p>
      <a class="pill back" href={hrefOf({ ...address, view: 'list', film: null })}>
        <span aria-hidden="true">← </span>Back to the list
      </a>
    </p>
  );
}
