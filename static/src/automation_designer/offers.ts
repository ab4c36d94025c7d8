// What a setting can be chosen from: by what it names, and by the form around it. Settings nobody knows here stay as the schema shows them.
import { namesOffered } from '../designer/fields';
import { at, change, given, isObject, t, type Named, type Path, type Schema } from '../designer/state';
import { shapeOf, type Shape } from '../designer/schema';
import { fieldsOf, form, more, trigger, type Field } from './model';

const named = (fields: Field[]): Named[] => fields.map(({ key, label }) => ({ key, label }));
const beside = (path: Path, name: string): string | null => { const found = at([...path.slice(0, -1), name]); return typeof found === 'string' ? found : null; };

/** The form whose fields a setting names: that of the step, of the record it points at, or the trigger's. */
function formAt(path: Path): string | null {
  for (let length = path.length - 1; length > 0; length -= 1) {
    const here = at(path.slice(0, length));
    if (!isObject(here)) continue;
    if (typeof here.form === 'string') return here.form;
    if (typeof here.target === 'string') return fieldsOf(form.value).find(each => each.key === here.target)?.form ?? form.value;
    if (typeof here.type === 'string') return form.value;
  }
  return form.value;
}

/** Whom a setting can mean: for a pool and an owner only people themselves, else also whoever stands in a field of the record. */
function people(name: string): Named[] {
  if (name === 'owner') return more.people.filter(each => each.key.startsWith('user:'));
  if (name === 'pool') return more.people;
  const own = fieldsOf(form.value).filter(each => each.type === 'member' || each.type === 'email' && name === 'to').map(each => ({ key: `field:${each.key}`, label: each.label, group: t('names_fields') }));
  return [...own, ...more.people];
}

/** The fields that a value of a mapping belongs to: of a record that is written, of related ones, of a row. */
export function fieldsOfValues(path: Path): Field[] {
  const step = at(path.slice(0, -1));
  if (isObject(step) && typeof step.subform === 'string') return fieldsOf(form.value).find(each => each.key === step.subform)?.columns ?? [];
  if (isObject(step) && typeof step.relation === 'string') return fieldsOf(more.named.relation[form.value ?? '']?.find(each => each.key === step.relation)?.form);
  return fieldsOf(formAt([...path, '']));
}

export function offered(name: string, path: Path, shape: Shape): Named[] | null {
  const model = typeof trigger.value.tier_model === 'string' ? trigger.value.tier_model : null;
  const tags = beside(path, 'tag_set');
  if (shape.is === 'who') return people(name);
  if (path[0] === 'trigger' && (name === 'to' || name === 'from') && model) return given.known.tiers[model] ?? null;
  if (name === 'tag' && tags) return given.known.tags[tags] ?? null;
  if (path[0] === 'trigger' && name === 'tags') return given.known.tags[String(trigger.value.tag_set ?? '')] ?? null;
  if (name === 'tier') return given.known.tiers[beside(path, 'tier_model') ?? ''] ?? null;
  if (name === 'day' && path[0] === 'trigger') return [...Array.from({ length: 31 }, (_, n) => ({ key: String(n + 1), label: String(n + 1) })), ...['last', 'first_workday', 'last_workday'].map(key => ({ key, label: t(`day_${key}`) }))];
  if (name === 'address') return named(fieldsOf(formAt(path)).filter(each => each.type === 'email' || each.type === 'phone'));
  if (name === 'consent') return named(fieldsOf(formAt(path)).filter(each => each.type === 'checkbox'));
  if (name === 'order' && shape.is === 'string') return fieldsOf(formAt(path)).filter(each => each.result !== 'rows').flatMap(({ key, label }) => [{ key, label: t('order_up', { field: label }) }, { key: `-${key}`, label: t('order_down', { field: label }) }]);
  if (name === 'rows') return named(fieldsOf(form.value).filter(each => each.type === 'subform'));
  if (name === 'automation' || name === 'workflow') return given.known[name];
  if (name === 'node') return given.known.nodes[beside(path, 'workflow') ?? ''] ?? null;
  if (name === 'bot') return more.named.bot;
  if (name === 'plan' || name === 'wording') return more.named[name][formAt(path) ?? ''] ?? null;
  if (name === 'relation') return more.named.relation[form.value ?? ''] ?? null;
  if (name === 'subform') return named(fieldsOf(form.value).filter(each => each.type === 'subform'));
  if (name === 'target') return named(fieldsOf(form.value).filter(each => each.type === 'reference'));
  if (name === 'field' && shape.is === 'string') return named(fieldsFor(path));
  if (name === 'fields' && shape.is === 'string') return named(fieldsOf(formAt(path)));
  return null;
}

/** A step that gives a record to somebody names a field with a person; a trigger of days one with a date. */
function fieldsFor(path: Path): Field[] {
  const here = at(path.slice(0, -1));
  const all = fieldsOf(formAt(path));
  const type = isObject(here) ? here.type : undefined;
  if (type === 'assign') return all.filter(each => each.type === 'member');
  if (type === 'date_field') return all.filter(each => each.result === 'date' || each.result === 'datetime');
  return all;
}

/** The fields that a mapping of field to value can still be given. */
export function offeredKeys(name: string, path: Path): Named[] | null {
  return VALUES.has(name) ? named(fieldsOfValues(path).filter(each => each.writable)) : null;
}
export const VALUES = new Set(['values', 'create_values', 'match']);

/** What is needed and has one answer only is answered. */
export function fillAlone(path: Path, schema: Schema | undefined): void {
  const here = at(path);
  if (!schema || !isObject(here)) return;
  for (const name of (schema.required ?? []) as string[]) {
    if (at([...path, name]) !== '' || name === 'type') continue;
    const names = namesOffered(name, [...path, name], shapeOf(schema.properties[name]));
    if (names?.length === 1) change([...path, name], names[0]!.key);
  }
}
