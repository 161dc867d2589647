/** What the host may call, and the sizes that it reads: one module, one instance a version (`version.as.ts`). */
export { GROUP_SCRATCH, QUERY, SCAN_SCRATCH, topByCodes } from './codes.as';
export { CUTS, encode, GROUP, PLANE } from './encode.as';
export { inverseNorms, packRows, partsOf, placeRows, positionsUsed, takeBlocks, takeRows } from './layout.as';
export { accumulate, cholesky, SPREAD, solve, sumRows } from './posterior.as';
export { scoreAll, setUser } from './scan.as';
export { ALL_SCRATCH, askHost, topOfAll } from './top.as';
export { setCatalogue, setRating, setRelevance, setStandardErrors } from './version.as';
