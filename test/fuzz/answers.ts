import * as z from 'zod';
import type { ApiDocument, FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

const PROBLEM = 'application/problem+json';

/** Says what is wrong with an answer, by the API's document. */
export class AnswerCheck {
  readonly #schemas: ApiDocument['components']['schemas'];
  readonly #compiled = new WeakMap<object, z.ZodType>();

  constructor({ components }: ApiDocument) {
    this.#schemas = components.schemas;
  }

  /** What is wrong; null for a sound answer. */
  fault(request: FuzzRequest, answer: FuzzAnswer): string | null {
    const { status, headers, body } = answer;
    if (status >= 500) return `answered ${status}`;
    if (headers['x-content-type-options'] !== 'nosniff') return 'no X-Content-Type-Options: nosniff';
    if (status === 304 || request.method === 'HEAD') return body.length > 0 ? `${status} with a body` : null;
    const type = String(headers['content-type'] ?? '').split(';')[0];
    if (type === 'text/html' && !headers['content-security-policy']) return 'HTML without Content-Security-Policy';
    if (status >= 400) return type === 'text/html' ? null : this.#problem(status, type, answer);
    return request.operation && this.#declared(request.operation, type, answer);
  }

  #problem(status: number, type: string, { body, headers }: FuzzAnswer): string | null {
    if (type !== PROBLEM) return `${status} as ${type || 'nothing'}, expected ${PROBLEM}`;
    if (status === 405 && !headers.allow) return '405 without Allow';
    const value = parsed(body) as { status?: number } | undefined;
    if (value?.status !== status) return `a problem of status ${value?.status} with ${status}`;
    return this.#against(this.#schemas.Problem, value);
  }

  #declared({ responses }: NonNullable<FuzzRequest['operation']>, type: string, { status, body }: FuzzAnswer) {
    const content = responses[status]?.content;
    if (!content) return `answered ${status}, which the document does not name`;
    const declared = content[type] ?? content[`${type.split('/')[0]}/*`];
    if (!declared) return `answered ${type}, expected ${Object.keys(content).join(' or ')}`;
    return type === 'application/json' ? this.#against(declared.schema, parsed(body)) : null;
  }

  #against(schema: object, value: unknown): string | null {
    const known = this.#compiled.get(schema) ?? z.fromJSONSchema({ ...schema, $defs: this.#schemas } as never);
    this.#compiled.set(schema, known);
    const { error } = known.safeParse(value);
    return error ? `not as the document says: ${z.prettifyError(error).slice(0, 400)}` : null;
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
