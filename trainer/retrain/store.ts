/** Keys in R2 of what the retrain keeps beside the versions. */
export const LEASE_KEY = 'retrain/lease.json';
/** Key of the report of the last run that reached a decision. */
export const LAST_REPORT_KEY = 'retrain/last.json';
/** Name of a run's report, beside the files of the version that it published. */
export const REPORT_FILE = 'retrain.json';
