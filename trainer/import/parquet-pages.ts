import type { AsyncBuffer, DecodedArray, RowGroup, SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath, isFlatColumn } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';

/** Bytes of the file that are read at a time. */
const WINDOW = 1 << 22;

/** No header of a page is longer. */
const HEADER = 1 << 16;

/** A column of a row group, decoded page by page: a page index, which many files lack, is not asked for. */
export class ColumnPages {
  readonly #file: AsyncBuffer;
  readonly #column: SchemaTree;
  readonly #decoder: Parameters<typeof readPage>[2];
  readonly #end: number;
  /** Bytes of the file from `#from` on, and where in them the next page begins. */
  #window = new ArrayBuffer(0);
  #from: number;
  #next = 0;
  #dictionary: DecodedArray | undefined;
  /** Rows that nobody has taken yet. The last may go on in the next page. */
  #rows: unknown[] = [];

  constructor(file: AsyncBuffer, schema: SchemaTree, { columns }: RowGroup, name: string) {
    const about = columns.find(({ meta_data: data }) => data?.path_in_schema[0] === name)!.meta_data!;
    const schemaPath = getTreePath(schema, about.path_in_schema);
    const { element } = schemaPath[schemaPath.length - 1];
    this.#file = file;
    this.#column = schemaPath[1];
    this.#decoder = {
      ...about,
      ...{ pathInSchema: about.path_in_schema, schemaPath, element, compressors, parsers: DEFAULT_PARSERS },
    };
    this.#from = Number(about.dictionary_page_offset || about.data_page_offset);
    this.#end = this.#from + Number(about.total_compressed_size);
  }

  /** The next rows. */
  async take(count: number): Promise<ArrayLike<unknown>> {
    while (this.#rows.length <= count && this.#from + this.#next < this.#end) await this.#decodePage();
    if (this.#rows.length < count) throw new Error(`the pages of ${this.#column.element.name} end too early`);
    const rows = this.#rows.splice(0, count);
    const { pathInSchema, schemaPath, parsers } = this.#decoder;
    if (isFlatColumn(schemaPath)) return rows;
    const nested = new Map<string, DecodedArray>([[pathInSchema.join('.'), rows]]);
    assembleNested(nested, this.#column, parsers);
    return nested.get(this.#column.element.name)!;
  }

  async #decodePage(): Promise<void> {
    await this.#reach(HEADER);
    let reader = { view: new DataView(this.#window), offset: this.#next };
    const header = parquetHeader(reader);
    if (!(header.compressed_page_size >= 0)) throw new Error(`a page of ${this.#column.element.name} has no size`);
    const size = reader.offset - this.#next + header.compressed_page_size;
    await this.#reach(size);
    reader = { view: new DataView(this.#window), offset: this.#next + size - header.compressed_page_size };
    this.#next += size;
    if (header.type === 'DICTIONARY_PAGE') {
      const { data } = readPage(reader, header, this.#decoder, undefined, undefined, 0);
      this.#dictionary = data && convert(data, this.#decoder);
      return;
    }
    const { data } = readPage(reader, header, this.#decoder, this.#dictionary, this.#rows, 0);
    if (data !== this.#rows) for (let row = 0; row < data!.length; row++) this.#rows.push(data![row]);
  }

  /** Reads on where the window ends within so many bytes. */
  async #reach(bytes: number): Promise<void> {
    const at = this.#from + this.#next;
    if (Math.min(at + bytes, this.#end) <= this.#from + this.#window.byteLength) return;
    this.#window = await this.#file.slice(at, Math.min(at + Math.max(bytes, WINDOW), this.#end));
    [this.#from, this.#next] = [at, 0];
  }
}
