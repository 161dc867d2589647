/**
 * Bytes of the pieces in which a file is uploaded to `/admin`, but for the last one: a line of 1.2 Mbit/s brings one in the
 * 60 seconds that `npm start` gives a request.
 */
export const PIECE_BYTES = 8 * 2 ** 20;
