import { removeWorker } from './offline/install.ts';

const EVERY = 1000;

/** Under `npm run dev`: loads the page anew when the Worker draws it with other files, and keeps none of them. */
export function reloadOnChange(): void {
  void removeWorker();
  const filesIn = (html: string) =>
    html
      .match(/\/assets\/[\w.-]+/g)
      ?.slice(0, 2)
      .join();
  const mine = filesIn(document.head.innerHTML);
  setInterval(async () => {
    const answer = await fetch('/').catch(() => undefined);
    const files = answer && filesIn(await answer.text());
    if (files && files !== mine) location.reload();
  }, EVERY);
}
