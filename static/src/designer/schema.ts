// A JSON Schema read as what a person can fill in.
import { given, type Json, type Schema, isObject } from './state';

export interface Shape {
  is: 'text' | 'object' | 'list' | 'tuple' | 'map' | 'union' | 'choice' | 'switch' | 'number' | 'formula' | 'who' | 'string' | 'fixed' | 'any';
  schema: Schema;
  optional: boolean;
  default?: Json;
}

/** Follows references; what stands beside a reference counts too. */
export function resolve(schema: Schema): Schema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/$defs/', '') : null;
  if (!name) return schema;
  const { $ref: _, ...beside } = schema;
  return { ...resolve(given.schema?.$defs?.[name] ?? {}), ...beside };
}

const isText = (schema: Schema): boolean => String(schema.$ref ?? '').endsWith('/LocalText');

export function shapeOf(raw: Schema): Shape {
  const schema = resolve(raw);
  const rest = { optional: false, default: schema.default as Json | undefined };
  if (schema.anyOf) {
    const some = (schema.anyOf as Schema[]).filter(each => each.type !== 'null');
    const optional = some.length < schema.anyOf.length;
    if (some.some(isText)) return { ...rest, is: 'text', schema, optional };
    if (some.some(each => each.type === 'number' || each.type === 'integer')) return { ...rest, is: 'number', schema: some.find(each => each.type !== 'string')!, optional };
    if (some.length === 1) return { ...shapeOf(some[0]!), default: rest.default, optional };
    return { ...rest, is: some.every(each => each.type === 'string' || 'const' in each) ? 'string' : 'any', schema, optional };
  }
  if ('const' in schema) return { ...rest, is: 'fixed', schema };
  if (schema.oneOf && schema.discriminator) return { ...rest, is: 'union', schema };
  if (schema.enum) return { ...rest, is: 'choice', schema };
  if (schema.type === 'boolean') return { ...rest, is: 'switch', schema };
  if (schema.type === 'integer' || schema.type === 'number') return { ...rest, is: 'number', schema };
  if (schema.type === 'array') return { ...rest, is: schema.prefixItems ? 'tuple' : 'list', schema };
  if (schema.type === 'object') return { ...rest, is: schema.properties ? 'object' : 'map', schema };
  if (schema.type === 'string') return { ...rest, is: schema.format === 'formula' ? 'formula' : schema.format === 'who' ? 'who' : 'string', schema };
  return { ...rest, is: 'any', schema };
}

/** The kinds of a union by their name. */
export const kindsOf = (union: Schema): Record<string, Schema> =>
  Object.fromEntries(Object.entries(union.discriminator.mapping as Record<string, string>).map(([name, ref]) => [name, resolve({ $ref: ref })]));

/** The least that a new thing of this shape needs. */
export function beginning(raw: Schema): Json {
  const shape = shapeOf(raw);
  if (shape.default !== undefined && shape.default !== null && shape.is !== 'object') return shape.default;
  if (shape.is === 'object') return requiredOf(shape.schema);
  if (shape.is === 'union') {
    const [name, schema] = Object.entries(kindsOf(shape.schema))[0]!;
    return { [shape.schema.discriminator.propertyName]: name, ...requiredOf(schema) };
  }
  if (shape.is === 'list') return Array.from({ length: shape.schema.minItems ?? 0 }, () => beginning(shape.schema.items));
  if (shape.is === 'tuple') return shape.schema.prefixItems.map((each: Schema) => (each.minimum as number) ?? 0);
  if (shape.is === 'map') return {};
  if (shape.is === 'switch') return false;
  if (shape.is === 'choice') return shape.schema.enum[0];
  if (shape.is === 'number') return shape.schema.minimum ?? 0;
  return '';
}

export function requiredOf(schema: Schema): { [name: string]: Json } {
  const needed = (schema.required ?? []) as string[];
  return Object.fromEntries(needed.filter(name => !('const' in (schema.properties[name] ?? {}))).map(name => [name, beginning(schema.properties[name])]));
}

/** A thing turned into another kind of the same union keeps what both know. */
export function turned(value: Json | undefined, by: string, name: string, schema: Schema): Json {
  const kept = isObject(value) ? Object.entries(value).filter(([key]) => key in schema.properties && key !== by) : [];
  return { [by]: name, ...requiredOf(schema), ...Object.fromEntries(kept) };
}
