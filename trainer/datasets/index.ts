export { loadDataset, loadPairs, loadRatings, loadSplitPair } from './load.ts';
export type { OnProgress, Progress } from './progress.ts';
export { EMBEDDED_DATASET, KNOWN_DATASETS, type ResolveOptions, resolveDataset } from './resolve.ts';
export { parseGenres, parseTitle } from './titles.ts';
