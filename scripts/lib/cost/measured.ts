/**
 * What was measured of Marquee, each on the largest side. D1's rows and bytes: `meta` of a local D1, 30 November 2026, over
 * the statements that the Worker sends.
 */
export const MEASURED = {
  /**
   * A list for a person of the model, of 62,000 films: 630 µs in workerd (test/bench/README.md, "Serving"), times 1.27 since
   * vectors are wider. Two shared cores of an AMD EPYC.
   */
  cpuMs: 0.63 * 1.27,
  /**
   * Processor time of one request, ms: the median, and what one in a hundred takes. Of workerd with all its threads, on
   * 9,000 movies; two shared cores of an AMD EPYC with much else to do (test/bench/README.md, "Processor time").
   */
  requestCpuMs: { list: [1.2, 5.6], page: [5.1, 16], firstAnswer: [58, 80] },
  /** To read a person of 101 ratings D1 read 205 rows. */
  rowsReadPerRating: 2,
  rowsReadPerPerson: 3,
  /** To write one new rating it read 10 rows and wrote 5, indexes included. */
  rowsReadPerWrite: 10,
  rowsWrittenPerWrite: 5,
  /** To make a person. */
  rowsWrittenPerPerson: 2,
  /** 100,000 ratings of 1,000 people, each with its row of the log, take 10.05 MB. */
  bytesPerRating: 100.5,
  /** A logged list of 20 films: its row, written when it comes and when it goes. */
  bytesPerList: 272,
  rowsWrittenPerList: 2,
} as const;

/** What was measured of trainings and of what they write, 63 + 128 factors; two shared cores of an AMD EPYC. */
export const TRAINING = {
  /** users.arrow of the embedded set: 671 users, 100,004 ratings. Vectors and biases are 193 numbers of 4 bytes. */
  bytesPerUser: 772,
  bytesPerUsersRating: 9.2,
  /** Of its index, which a Worker holds: 28 for a batch of 64 users. */
  indexBytesPerUser: 28 / 64,
  /** Of the Worker's memory: a version of 87,000 films takes 42.8 MB (test/bench/README.md, "Serving"). */
  bytesPerFilm: 42.8e6 / 87_000,
  /** Of the trainer's memory, and users that its engine has room for (trainer/README.md, "Ratings past memory"). */
  bytesPerRating: 100,
  mostUsers: 1.8e6,
  /**
   * Seconds of one core for each rating, from nothing (test/bench/README.md, "Training"): ML-1M took 16.3 s on two cores; from
   * a disk 10 million took 428 s beside 329; `trainer/spark/run` took 246 s for ML-1M on the two cores, its start included.
   * What a film of the lists costs there, some 3,000² sums, does not grow with the ratings: of more the share is less.
   */
  coreSecondsPerRating: { memory: 33e-6, disk: 43e-6, Spark: 490e-6 },
} as const;
