import { type Address, hrefOf, isView, readAddress } from '../state/address.ts';

/*
 * A file has no paths of its own, so addresses stand behind a #. Links to "/film/1" lead to file:///film/1, on Windows to
 * file:///C:/film/1.
 */

const DRIVE = /^\/[a-z]:(?=\/)/i;

export function placeOf(address: Address): string {
  return `#${hrefOf(address)}`;
}

export function addressHere(): Address {
  return readAddress(new URL(location.hash.startsWith('#/') ? location.hash.slice(1) : '/', 'file://'));
}

export function addressIn({ pathname, searchParams, hash }: URL): Address | null {
  const path = pathname.replace(DRIVE, '');
  return hash === '' && isView(path) ? readAddress({ pathname: path, searchParams }) : null;
}
