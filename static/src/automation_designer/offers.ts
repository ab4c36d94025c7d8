// What a setting can be chosen from: by what it names, and by the form around it. Settings nobody knows here stay as the schema shows them.
import { at, given, isObject, type Named, type Path } from '../designer/state';
import type { Shape } from '../designer/schema';
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

function people(): Named[] {
  const own = fieldsOf(form.value).filter(each => each.type === 'member' || each.type === 'email').map(each => ({ key: `field:${each.key}`, label: each.label }));
  return [...own, ...more.people];
}

export function offered(name: string, path: Path, shape: Shape): Named[] | null {
  const model = typeof trigger.value.tier_model === 'string' ? trigger.value.tier_model : null;
  const tags = beside(path, 'tag_set');
  if (shape.is === 'who') return name === 'owner' ? more.people.filter(each => each.key.startsWith('user:')) : people();
  if (path[0] === 'trigger' && (name === 'to' || name === 'from') && model) return given.known.tiers[model] ?? null;
  if (name === 'tag' && tags) return given.known.tags[tags] ?? null;
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
  if (name !== 'values') return null;
  return named(fieldsOf(formAt([...path, ''])).filter(each => each.writable));
}
