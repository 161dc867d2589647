import type { MiddlewareHandler } from 'hono';
import { KnownPlaces } from '../shared/ratings/shards.ts';
import { withShards } from './env.ts';
import type { AppEnv, FilmNews } from './http/app-env.ts';
import { KeySets } from './http/identity/key-sets.ts';
import type { Metrics } from './observe/metrics.ts';
import { Tmdb } from './posters/tmdb.ts';
import { GivenUp } from './ratings/given-up.ts';
import { ListLog } from './ratings/list-log.ts';
import { RatingReader } from './ratings/reader.ts';
import { AddedFilms } from './version/added-films.ts';
import { PublishedVersions } from './version/published-versions.ts';
import { RetrainOutcomes } from './version/retrain-outcomes.ts';
import { ModelStore } from './version/store.ts';

export interface ServiceOptions {
  /** The compiled scorer: only the Worker's entry can import it. */
  readonly kernel: WebAssembly.Module;
  /** Now, in milliseconds since the epoch: dates accepted ratings and the age of the model. */
  readonly now?: () => number;
  /** Milliseconds that D1 may take. After that, answers are made without it. */
  readonly ratingTimeout?: number;
  /** Milliseconds that R2 may keep a request waiting that has a version to answer from. */
  readonly modelTimeout?: number;
  /** Milliseconds that TMDB may take for a poster. */
  readonly posterTimeout?: number;
}

/** What all requests of an isolate share. */
export type Services = ReturnType<typeof openServices>;

export function openServices(options: ServiceOptions, metrics: Metrics) {
  const { kernel, now = Date.now, ratingTimeout = 2000, modelTimeout, posterTimeout } = options;
  const films = new AddedFilms();
  const models = new ModelStore({ kernel, films, now, patience: modelTimeout, watch: metrics });
  const news: FilmNews = {
    get all() {
      return films.all;
    },
    async told(db) {
      if (await films.read(db)) await models.takeFilms();
    },
  };
  return {
    models,
    films: news,
    versions: new PublishedVersions(now),
    nights: new RetrainOutcomes(now),
    givenUp: new GivenUp(now),
    ratings: new RatingReader(ratingTimeout, metrics),
    keySets: new KeySets(now),
    lists: new ListLog(),
    tmdb: new Tmdb(now, posterTimeout),
    now,
  };
}

/** Hands the services to every request, and the databases over which people are spread. */
export function shareServices(services: Services): MiddlewareHandler<AppEnv> {
  const places = new KnownPlaces();
  return async function shareServices(c, next) {
    c.env = withShards(c.env, places);
    c.set('models', services.models);
    c.set('films', services.films);
    c.set('versions', services.versions);
    c.set('nights', services.nights);
    c.set('givenUp', services.givenUp);
    c.set('ratings', services.ratings);
    c.set('keySets', services.keySets);
    c.set('lists', services.lists);
    c.set('tmdb', services.tmdb);
    c.set('ratingTimeout', services.ratings.timeout); // shorter while D1 does not answer
    c.set('now', services.now);
    c.header('Cache-Control', 'no-store'); // set before the answer: afterwards Hono would copy the response
    c.header('X-Content-Type-Options', 'nosniff');
    await next();
  };
}
