import type { State } from '../../state/state.ts';
import { Back } from '../back.tsx';
import { late } from './late.ts';

/** The operator's page. Nothing of it is in the document: the browser asks for it with the operator's token. */
export function AdminView({ state: { address } }: { state: State }) {
  const { Panel } = late;
  return (
    <section class="admin" aria-labelledby="admin-heading">
      <Back address={address} />
      <h2 id="admin-heading" tabIndex={-1}>
        Operator
      </h2>
      <p class="hint">For whoever runs this deployment. It needs the token ADMIN_TOKEN.</p>
      {Panel ? <Panel /> : <div class="admin-body with-scripts" aria-busy="true" />}
      <p class="without-scripts">This page needs JavaScript.</p>
    </section>
  );
}
