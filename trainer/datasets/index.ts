export { joinFile } from './extra.ts';
export { loadDataset, loadPairs, loadRatings, loadSplitPair } from './load.ts';
export { readMovies } from './movies.ts';
export { EMBEDDED_DATASET } from './resolve.ts';
