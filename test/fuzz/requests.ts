import fc from 'fast-check';
import { hostileBody, hostileFile, hostileHeaders, hostileJson, hostileText } from './hostile.ts';
import { PAGES } from './pages.ts';
import { type Known, type Schema, SchemaValues, withKnown } from './schema-values.ts';

/** openapi.json, as far as requests are made from it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;
  };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** Who a request says that it comes from. */
export const CALLERS = ['nobody', 'session', 'token', 'admin', 'host'] as const;
export type Caller = (typeof CALLERS)[number];

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as UTF-8. */
  readonly body: Uint8Array | null;
  /** The operation that was meant, where the path and the method are its own. */
  readonly operation: Operation | null;
}

/** Methods that no route has, and those that one may not have. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Addresses of no route. */
const NOWHERE = ['/film/999999999999', '/search?q=%00', '/nothing', '//', '/%00', '/..%2f'];
/** Deletes whoever it is for: rarely, or everybody is gone. */
const DELETES_SOMEBODY = 'deleteSession';

/** What makes a path that of another route where a parameter should be. */
const ANOTHER_PATH = /^\.{0,2}$/;

const inPath = (value: unknown) => encodeURIComponent(String(value).toWellFormed());

const JSON_TYPE = 'application/json';

/** Requests to every route of a document: what it allows, then each with up to three changes that it does not. */
export function requestsTo(document: ApiDocument, known: Known): fc.Arbitrary<FuzzRequest> {
  const operations = operationsOf(document).map((to) => ({
    weight: to.operation.operationId === DELETES_SOMEBODY ? 1 : to.operation.operationId === 'postImport' ? 60 : 20,
    arbitrary: requestOf({ ...to, document, known, isFair: false }),
  }));
  const page = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    path: fc.oneof(
      fc.constantFrom(...PAGES, ...NOWHERE),
      hostileText.map((text) => `/${inPath(text)}`),
    ),
    caller: fc.constantFrom(...CALLERS),
    headers: hostileHeaders,
    body: fc.constant(null),
    operation: fc.constant(null),
  });
  return fc.oneof({ weight: 60, arbitrary: page }, ...operations);
}

/** Of each operation requests that its document allows: what makes something first, what deletes last. */
export function fairRequestsTo(document: ApiDocument, known: Known) {
  const order = ['POST', 'PUT', 'GET', 'DELETE'];
  return operationsOf(document)
    .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method))
    .map((to) => ({
      operationId: to.operation.operationId,
      requests: requestOf({ ...to, document, known, isFair: true }),
    }));
}

/** What is known, with the values that one operation alone should have: `postImport/user`. */
function knownTo({ operationId }: Operation, known: Known): Known {
  const own = Object.entries(known).filter(([name]) => name.startsWith(`${operationId}/`));
  return { ...known, ...Object.fromEntries(own.map(([name, values]) => [name.slice(operationId.length + 1), values])) };
}

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function operationsOf({ paths }: ApiDocument): Asked[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
}

function requestOf(to: Asked & { document: ApiDocument; known: Known; isFair: boolean }): fc.Arbitrary<FuzzRequest> {
  const { path, operation, isFair } = to;
  const known = knownTo(operation, to.known);
  const values = new SchemaValues(to.document.components.schemas, known, isFair);
  const parameters = (operation.parameters ?? []).filter((one): one is Parameter => !('$ref' in one));
  const ofPath = parameters.filter((parameter) => parameter.in === 'path');
  const ofQuery = parameters.filter((parameter) => parameter.in === 'query');
  const rarely = <T>(usual: fc.Arbitrary<T>, hostile: fc.Arbitrary<T>) =>
    isFair ? usual : fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: hostile });
  const query = fc
    .tuple(
      fc.subarray(ofQuery, { maxLength: isFair ? 0 : Math.min(5, ofQuery.length) }),
      fc.tuple(
        ...ofQuery.map(({ name, schema }) => rarely(values.of(schema, name), hostileText as fc.Arbitrary<unknown>)),
      ),
      rarely(fc.constant(null), fc.tuple(hostileText, hostileText)),
    )
    .map(([chosen, all, more]) => {
      const pairs = ofQuery.flatMap((parameter, at) =>
        chosen.includes(parameter) || parameter.required
          ? [all[at]].flat().map((value) => [parameter.name, value])
          : [],
      );
      return [...pairs, ...(more ? [more] : [])].map((pair) => pair.map(inPath).join('=')).join('&');
    });
  const filled = fc
    .tuple(...ofPath.map(({ name, schema }) => rarely(values.of(schema, name), hostileText as fc.Arbitrary<unknown>)))
    .map((all) => ({
      text: ofPath.reduce((text, { name }, at) => text.replace(`{${name}}`, inPath(all[at])), path),
      isOther: all.some((value) => ANOTHER_PATH.test(String(value))),
    }));
  return fc
    .record({
      method: rarely(fc.constant(to.method), fc.constantFrom(...METHODS)),
      path: filled,
      query,
      caller: fc.constantFrom(...CALLERS),
      headers: rarely(fc.constant({}), hostileHeaders),
      content: isFair ? fairContentOf(operation, values, known) : contentOf(operation, values, known),
    })
    .map(({ method, path, query, caller, headers, content }) => ({
      method,
      path: query === '' ? path.text : `${path.text}?${query}`,
      caller,
      headers: { ...(content && { 'Content-Type': content.type }), ...headers },
      body: content?.body ?? null,
      operation: method === to.method && !path.isOther ? operation : null,
    }));
}

interface Content {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The body of a request: one of the schema, one with a field of another kind, or no sense at all. */
function contentOf(operation: Operation, values: SchemaValues, known: Known): fc.Arbitrary<Content | null> {
  const { requestBody } = operation;
  if (!requestBody)
    return fc.oneof({ weight: 20, arbitrary: fc.constant(null) }, hostile(fc.constant(JSON_TYPE), hostileBody));
  const json = requestBody.content[JSON_TYPE];
  const fair = fairContentOf(operation, values, known);
  if (!json) return fc.oneof(hostile(fc.constantFrom(...Object.keys(requestBody.content)), hostileFile), form, fair);
  const valid = values.of(json.schema) as fc.Arbitrary<Record<string, unknown>>;
  const changed = fc.tuple(valid, fc.nat(), hostileText, hostileJson).map(([body, at, name, value]) => {
    const names = [...Object.keys(body), name];
    return { ...body, [names[at % names.length]]: value };
  });
  return fc.oneof(
    { weight: 8, arbitrary: fair },
    { weight: 3, arbitrary: changed.map(encoded) },
    { weight: 1, arbitrary: hostile(fc.constant(JSON_TYPE), hostileBody) },
  );
}

/** A body of the schema, or the document's example; of a type that is no JSON, a file that is known, where one is. */
function fairContentOf({ requestBody }: Operation, values: SchemaValues, known: Known): fc.Arbitrary<Content | null> {
  if (!requestBody) return fc.constant(null);
  const json = requestBody.content[JSON_TYPE];
  if (json) {
    const body = values.of(json.schema).map(encoded);
    const { example } = json;
    return example === undefined
      ? body
      : fc.oneof(
          body,
          fc.nat(1e6).map((n) => encoded(withKnown(example, known, n))),
        );
  }
  const [type] = Object.keys(requestBody.content);
  return fc
    .constantFrom(...(known[type] ?? ['']))
    .map((text) => ({ type, body: new TextEncoder().encode(String(text)) }));
}

function encoded(body: unknown): Content {
  return { type: JSON_TYPE, body: new TextEncoder().encode(JSON.stringify(body)) };
}

function hostile(type: fc.Arbitrary<string>, body: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Content> {
  return fc.record({ type, body });
}

const BOUNDARY = 'fuzz';

/** A form with a file and choices. */
const form: fc.Arbitrary<Content> = fc.tuple(hostileFile, hostileJson, fc.nat(5)).map(([file, choices, cut]) => {
  const part = (head: string) => Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`);
  const whole = Buffer.concat([
    part('name="file"; filename="watched.csv"'),
    file,
    Buffer.from('\r\n'),
    part('name="choices"'),
    Buffer.from(`${JSON.stringify(choices)}\r\n--${BOUNDARY}--\r\n`),
  ]);
  const body = new Uint8Array(cut === 0 ? whole.subarray(0, whole.length >> 1) : whole);
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, body };
});
