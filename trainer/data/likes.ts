/** Stars from which a movie counts as liked, and below which as disliked: the data's meaning, not a setting. */
export const LIKE_FROM = 4;
export const DISLIKE_BELOW = 3;
