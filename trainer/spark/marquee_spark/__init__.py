"""Marquee's training on Spark: MLlib's ALS, then sums over people that `npm run import-factors` makes an artifact of."""
