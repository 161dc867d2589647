/** Where R2 keeps what the retrain knows beside the versions. */
export const LEASE_KEY = 'retrain/lease.json';
/** What the last run that came to a decision did. */
export const LAST_REPORT_KEY = 'retrain/last.json';
/** Name of a run's report beside the files of the version that it published. */
export const REPORT_FILE = 'retrain.json';
