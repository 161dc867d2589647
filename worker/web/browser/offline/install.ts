/** Installs the service worker once the page has loaded, and asks for nothing before. */
export function installWorker(): void {
  if (location.protocol === 'file:') return; // a file has none
  const install = () => navigator.serviceWorker?.register('/sw.js').catch(() => {}); // a browser may refuse
  if (document.readyState === 'complete') void install();
  else addEventListener('load', install, { once: true });
}

/** Removes it, so that what is developed is what is seen. */
export async function removeWorker(): Promise<void> {
  const installed = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(installed.map((registration) => registration.unregister()));
}
