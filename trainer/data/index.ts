export { joinFile } from './join-file.ts';
export { loadDataset, loadPairs, loadRatings, loadSplitPair } from './load.ts';
export { EMBEDDED_DATASET } from './locate.ts';
export { readMovies } from './movielens/movies.ts';
