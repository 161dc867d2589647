import { JOINT_ORDER, type ListQuery } from './address.ts';
import { type Api, type DecidingQuestion, type Gathering, queryOf } from './api.ts';
import { answerOf } from './api-error.ts';

/** What the list of a gathering is asked for. */
interface JointQuery {
  readonly list: ListQuery;
  readonly mean?: true;
}

/** One function for each request about gatherings. */
export class GatheringsApi {
  readonly #api: Api;
  readonly #routes: Api['client']['gatherings'];

  constructor(api: Api) {
    this.#api = api;
    this.#routes = api.client.gatherings;
  }

  /** Opens a gathering, or returns to the one that the person opened: its code. */
  async open(name?: string): Promise<string> {
    return (await this.#api.asSomebody(() => answerOf(this.#routes.$post({ query: {}, json: { name } })))).code;
  }

  join(code: string, json: { name?: string; notSeen?: number[] }): Promise<unknown> {
    const { $post } = this.#routes[':code'].members;
    return this.#api.asSomebody(() => answerOf($post({ param: { code }, query: {}, json })));
  }

  leave(code: string): Promise<{ ended: boolean }> {
    return answerOf(this.#routes[':code'].$delete({ param: { code }, query: {} }));
  }

  /** Codes of those that the person is in. */
  async own(): Promise<string[]> {
    return (await answerOf(this.#routes.$get({ query: {} }))).items.map(({ code }) => code);
  }

  /** A gathering and the tag of this answer. Null: it is what the given tag names. */
  async read(code: string, asked: JointQuery, tag = ''): Promise<{ gathering: Gathering; tag: string } | null> {
    const headers = { 'If-None-Match': tag };
    const sent = this.#routes[':code'].$get({ param: { code }, query: jointQueryOf(asked) }, { headers });
    const response = await sent.catch(() => null);
    if (response?.status === (304 as number)) return null;
    return { gathering: await answerOf(sent), tag: response?.headers.get('ETag') ?? '' };
  }

  async question(code: string, asked: JointQuery): Promise<DecidingQuestion | null> {
    const query = jointQueryOf(asked);
    return (await answerOf(this.#routes[':code'].question.$get({ param: { code }, query }))).question;
  }
}

function jointQueryOf({ list: { profile: _, ...list }, mean }: JointQuery) {
  return { ...queryOf({ ...list, by: list.by ?? JOINT_ORDER }), ...(mean && { together: 'mean' as const }) };
}
