/** A schema of an OpenAPI document, as far as types follow from it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly format?: string;
  readonly description?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** openapi.json, as far as types follow from it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const FILE = 'Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string';

/** TypeScript of a document: a type for each schema, and `Operations`: what each takes and answers. */
export function typesOf({ paths, components }: ApiDocument): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${comment(schema.description)}export type ${name} = ${typeOf(schema)};\n`,
  );
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        `${comment(operation.summary)}  '${method.toUpperCase()} ${path}': ${typeOfOperation(operation)};\n`,
    ),
  );
  const about = '/** Every route, by method and path: what it takes and what it answers. */\n';
  return `// Made from openapi.json by npm run prepare.\n\n${schemas.join('\n')}\n${about}export interface Operations {\n${operations.join('')}}\n`;
}

function typeOfOperation({ parameters = [], requestBody, responses }: Operation): string {
  const parts = (['path', 'query'] as const).flatMap((place) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) return [];
    const required = own.filter((parameter) => parameter.required).map(({ name }) => name);
    const properties = Object.fromEntries(own.map(({ name, schema }) => [name, schema]));
    return `${place}${required.length > 0 ? '' : '?'}: ${typeOf({ type: 'object', properties, required })}`;
  });
  if (requestBody) parts.push(`body${requestBody.required ? '' : '?'}: ${typeOfBody(requestBody.content)}`);
  return `{ ${[...parts, `answer: ${typeOfAnswer(responses)}`].join('; ')} }`;
}

function typeOfBody(content: Content): string {
  const json = content['application/json'];
  if (json) return typeOf(json.schema);
  return 'multipart/form-data' in content ? `FormData | ${FILE}` : FILE;
}

function typeOfAnswer(responses: Operation['responses']): string {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const types = good.flatMap(([, { content = {} }]) =>
    Object.entries(content).map(([type, { schema }]) =>
      type === 'application/json' ? typeOf(schema) : type.startsWith('text/') ? 'string' : 'Blob',
    ),
  );
  return union(types);
}

function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  // Beside properties, they say only which of these must be there.
  const choices = schema.properties ? undefined : (schema.anyOf ?? schema.oneOf);
  if (choices) return union(choices.map(typeOf));
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type })));
  if (schema.type === 'object') return typeOfObject(schema);
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(', ')}]`;
  if (schema.type === 'array') return `Array<${typeOf(schema.items ?? {})}>`;
  const names: Readonly<Record<string, string>> = { integer: 'number' };
  const type = String(schema.type ?? 'unknown');
  return names[type] ?? type;
}

function typeOfObject({ properties = {}, required = [], additionalProperties }: Schema): string {
  const lines = Object.entries(properties).map(([name, schema]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${comment(schema.description)}${key}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};\n`;
  });
  if (typeof additionalProperties === 'object') {
    const isOpen = lines.length > 0 || Object.keys(additionalProperties).length === 0;
    lines.push(`[name: string]: ${isOpen ? 'unknown' : typeOf(additionalProperties)};\n`);
  }
  return `{\n${lines.join('')}}`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ') || 'unknown';
}

function comment(text: string | undefined): string {
  return text ? `/** ${text.replaceAll('*/', '* /')} */\n` : '';
}
