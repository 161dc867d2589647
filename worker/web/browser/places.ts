import { type Address, hrefOf, isView, readAddress } from '../state/address.ts';

/** Where an address stands in the browser's bar. */
export function placeOf(address: Address): string {
  return hrefOf(address);
}

/** The address that stands there. */
export function addressHere(): Address {
  return readAddress(new URL(location.href));
}

/** The address that a link of this site leads to; null where it is none of the page's. */
export function addressIn(link: URL): Address | null {
  return link.hash === '' && isView(link.pathname) ? readAddress(link) : null;
}
