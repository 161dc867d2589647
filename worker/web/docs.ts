/** The reference at /docs: a plain rendering of openapi.json, which needs nothing from elsewhere. */
import { byId, make } from './dom.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly description?: string };
  readonly responses: Record<string, { readonly description: string }>;
}

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
}

function valuesOf({ type, enum: values, items, minimum, maximum, default: fallback }: Schema): string {
  const kind = items
    ? `${valuesOf(items)}, repeatable`
    : values
      ? values.join(' | ')
      : [type ?? 'any'].flat().join(' | ');
  const bounds = minimum === undefined || maximum === undefined ? '' : ` ${minimum} to ${maximum}`;
  return `${kind}${bounds}${fallback === undefined ? '' : `, ${JSON.stringify(fallback)} unless given`}`;
}

/** `code` in backticks becomes an element. */
function prose(text: string): (Node | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? make('code', {}, part) : part));
}

function parameterRow({ name, in: where, required, description, schema = {} }: Parameter): HTMLElement {
  const about = `${required || where === 'path' ? 'Required. ' : ''}${description ?? schema.description ?? ''}`;
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, make('code', {}, name)),
    make('td', {}, valuesOf(schema)),
    make('td', {}, ...prose(about)),
  );
}

function routeSection(path: string, method: string, operation: Operation): HTMLElement {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const section = make('section', { class: 'route' }, make('h2', {}, `${method.toUpperCase()} ${path}`));
  section.append(make('p', {}, ...prose([summary, description].filter(Boolean).join('. '))));
  if (parameters.length > 0) section.append(make('table', {}, make('tbody', {}, ...parameters.map(parameterRow))));
  if (requestBody) section.append(make('p', {}, ...prose(`Takes a JSON body. ${requestBody.description ?? ''}`)));
  section.append(make('p', { class: 'genres' }, `Answers: ${responses[200]?.description ?? ''}`));
  if (method === 'get' && !path.includes('{')) {
    section.append(make('p', {}, make('a', { href: path === '/movies' ? '/movies?q=star' : path }, 'Try it')));
  }
  return section;
}

try {
  const { paths } = (await (await fetch('/openapi.json')).json()) as OpenApi;
  const sections = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => routeSection(path, method, operation)),
  );
  byId('routes').replaceChildren(...sections);
} catch (error) {
  console.error(error);
  byId('routes').textContent = 'openapi.json could not be read.';
}
