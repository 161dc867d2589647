/** What the host may call: one module, one instance a version (`version.as.ts`). */
export { topByCodes } from './codes.as';
export { encode } from './encode.as';
export { inverseNorms, packRows, placeRows, positionsUsed, takeBlocks, takeRows } from './layout.as';
export { accumulate, cholesky, solve, sumRows } from './posterior.as';
export { scoreAll, setUser } from './scan.as';
export { setFilter, topOfAll } from './top.as';
export { setCatalogue, setRating, setRelevance } from './version.as';
