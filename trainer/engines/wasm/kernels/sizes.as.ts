/**
 * Sizes that kernels and host agree on. The host reads them from the instance, so that each is written once.
 */

/** Rows of one item of `columnDots`, `scaleRows` and `scatter`, whose sums it leaves. */
export const SUMMED_ROWS: usize = 1024;

/** Rows of one item of `errors` and `expectedSquaredError`. */
export const LOSS_ROWS: usize = 32;

/** Rows and columns of one item of `mirror`. */
export const MIRROR_BLOCK: usize = 64;

/** Rows and columns of a block of dense algebra; rows of one item of `multiplyPanels`. */
export const BLOCK: usize = 64;

/** Columns of L⁻¹ that one item of `inverseDiagonal` computes. */
export const INVERSE_COLUMNS: usize = 128;

/** log₂ of the bytes of a taste, a like and a row in the tables of histories (`parts/history-tables.as.ts`). */
export const LOG_RECORD: usize = 4;

/** log₂ of the bytes of a visit in the tables of histories. */
export const LOG_VISIT: usize = 5;
