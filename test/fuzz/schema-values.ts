import fc from 'fast-check';

/** A JSON schema, as far as openapi.json uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  /** Of an object: which fields it must have, one way or another. */
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Values that a parameter of this name should often have, so that requests get behind validation. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

/** An example of the document, of what is known here. */
export function withKnown(example: unknown, known: Known, seed: number): unknown {
  if (Array.isArray(example)) return example.map((item, at) => withKnown(item, known, seed + at));
  if (typeof example !== 'object' || example === null) return example;
  const own = Object.entries(example).map(([name, value]) => {
    const values = typeof value === 'object' ? undefined : known[name];
    return [name, values ? values[seed % values.length] : withKnown(value, known, seed)];
  });
  return Object.fromEntries(own);
}

/** Elements of a generated list; requests stay small. */
const MOST_ITEMS = 5;

/** Makes values that a schema allows. */
export class SchemaValues {
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #known: Known;
  readonly #onlyKnown: boolean;

  /** @param onlyKnown whether a parameter of which values are known has no others */
  constructor(schemas: Readonly<Record<string, Schema>>, known: Known, onlyKnown: boolean) {
    this.#schemas = schemas;
    this.#known = known;
    this.#onlyKnown = onlyKnown;
  }

  of(schema: Schema, name = ''): fc.Arbitrary<unknown> {
    const plain = this.#plain(schema, name);
    const known = this.#known[name];
    if (!known || schema.type === 'array') return plain;
    return this.#onlyKnown
      ? fc.constantFrom(...known)
      : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, plain);
  }

  #plain(schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.of(this.#schemas[schema.$ref.split('/').at(-1)!], name);
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => this.of(one, name)));
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const { minItems = 0, minimum, maximum } = schema;
    switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
      case 'integer':
        return fc.integer({ min: minimum ?? 0, max: Math.min(maximum ?? 1000, Number.MAX_SAFE_INTEGER) });
      case 'number':
        return schema.multipleOf
          ? fc
              .integer({ min: minimum! / schema.multipleOf, max: maximum! / schema.multipleOf })
              .map((n) => n * schema.multipleOf!)
          : fc.double({ min: minimum ?? -1e9, max: maximum ?? 1e9, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'array':
        return fc.array(this.of(schema.items ?? {}, name), { minLength: minItems, maxLength: minItems + MOST_ITEMS });
      case 'object':
        return this.#object(schema);
      default:
        return fc.string({
          minLength: schema.minLength ?? 0,
          maxLength: Math.min(schema.maxLength ?? 20, 20),
          unit: 'grapheme',
        });
    }
  }

  /** One of the ways to have what is required, without what the other ways require. */
  #object({ oneOf, ...schema }: Schema): fc.Arbitrary<unknown> {
    if (!oneOf) return this.#fields(schema);
    const alternatives = oneOf.map(({ required = [] }) => required);
    return fc.oneof(
      ...alternatives.map((way) => {
        const others = alternatives.flat().filter((name) => !way.includes(name));
        const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !others.includes(name));
        const required = [...(schema.required ?? []), ...way];
        return this.#fields({ ...schema, properties: Object.fromEntries(properties), required });
      }),
    );
  }

  #fields({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name, this.of(schema, name)]),
    );
    // Few of the many that may be left out.
    return fc
      .tuple(fc.record(fields, { requiredKeys: [] }), fc.record(fields))
      .chain(([, whole]) =>
        fc
          .subarray(Object.keys(fields), { maxLength: Math.min(4, Object.keys(fields).length) })
          .map((chosen) =>
            Object.fromEntries(
              Object.entries(whole as object).filter(([name]) => required.includes(name) || chosen.includes(name)),
            ),
          ),
      );
  }
}
