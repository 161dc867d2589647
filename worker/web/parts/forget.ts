import { byId } from '../dom.ts';

/** Lets a person have everything about them deleted, once they have confirmed it. */
export function startForget(forget: () => Promise<void>): void {
  const dialog = byId<HTMLDialogElement>('forget-dialog');
  byId('forget').addEventListener('click', () => dialog.showModal());
  byId('forget-no').addEventListener('click', () => dialog.close());
  byId('forget-yes').addEventListener('click', () => {
    dialog.close();
    void forget();
  });
}
