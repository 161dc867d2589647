/** A blk16 area of the kernel's memory. */
export interface Stored {
  readonly at: number;
  readonly columns: number; // even
  readonly blocks: number;
}

/** Rows of one column as they are or, in eight bits, with a scale each. */
export interface RowArea {
  readonly at: number;
  readonly count: number;
  readonly width: number;
  /** Address of the scales, 0 where rows are float32. */
  readonly scales: number;
}

/** A row for each scale of a movie, in the order of positions; positions behind the area have zeros. */
export interface HistoryArea extends RowArea {
  readonly scaleCount: number; // S
}

/** What a version's files bring, in place. */
export interface StoredPlaces {
  readonly rating: Stored;
  readonly relevance: Stored;
  /** In blk16 where a file of format 3 brings it. */
  readonly history: HistoryArea | Stored;
  readonly priors: RowArea;
  readonly variances: RowArea;
}

export interface CataloguePlaces {
  /** (M) u32: row → position. */
  readonly positions: number;
  /** (M) bytes (`RowMarks`). */
  readonly marks: number;
  /** `scratchBytes` of them. */
  readonly scratch: number;
}
