import Ajv, { AnySchemaObject, ValidateFunction } from 'ajv';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** A schema in which a part can be looked up by its path. */
export type Schema = AnySchemaObject;

/** Turns the types of shapes.ts into a JSON Schema that lets no unknown member pass. */
export function readSchema(): Schema {
  const root = path.resolve(__dirname, '../..');
  const text = execFileSync(
    process.execPath,
    [
      path.join(root, 'node_modules/ts-json-schema-generator/bin/ts-json-schema-generator.js'),
      ...['--path', path.join(root, 'src/provisioned/shapes.ts'), '--tsconfig', path.join(root, 'tsconfig.json')],
      ...['--type', 'Shapes', '--no-top-ref', '--no-type-check', '--expose', 'none', '--jsDoc', 'none', '--functions', 'hide'],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 }
  );
  return JSON.parse(text);
}

/** The part of a schema that speaks of a member of a member …, undefined where there is none. */
export function part(schema: Schema, ...names: string[]): Schema | undefined {
  return names.reduce<Schema | undefined>((s, name) => s?.properties?.[name], schema);
}

/** Says what is wrong with values, each sentence with the place. */
export class Checker {
  private readonly ajv = new Ajv({ allErrors: true, strict: false });
  private readonly made = new Map<Schema, ValidateFunction>();
  readonly found: string[] = [];

  hold(place: string, value: unknown, schema: Schema | undefined): void {
    if (schema === undefined) {
      this.found.push(`${place}: Grafana has no such member`);
      return;
    }
    let validate = this.made.get(schema);
    if (!validate) {
      validate = this.ajv.compile(schema);
      this.made.set(schema, validate);
    }
    if (!validate(value)) {
      for (const e of validate.errors ?? []) {
        const more = e.params.additionalProperty ?? e.params.allowedValues?.join(' | ') ?? '';
        this.found.push(`${place}${e.instancePath} ${e.message} ${more}`.trim());
      }
    }
  }

  require(place: string, holds: boolean, text: string): void {
    if (!holds) {
      this.found.push(`${place}: ${text}`);
    }
  }
}
