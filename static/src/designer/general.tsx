// What every definition can be edited with: the form made from its schema, its JSON, the list of its problems, and who uses it.
import { useEffect, useState } from 'preact/hooks';
import { ObjectInput, Suggestions } from './fields';
import { Icon } from './icon';
import { resolve } from './schema';
import { advice, body, given, isObject, jump, problems, t, typed, type Json } from './state';

export function FormPane() {
  if (!given.schema) return <p class="tl-quiet">{t('not_a_form')}</p>;
  if (!isObject(body.value)) return <p class="tl-quiet">{t('not_a_form')}</p>;
  return <><Suggestions /><ObjectInput path={[]} schema={resolve(given.schema)} /><p class="tl-help">{t('key_fixed')}</p></>;
}

const pretty = (value: Json): string => JSON.stringify(value, null, 2);

export function JsonPane() {
  const [text, setText] = useState(pretty(body.value));
  const [bad, setBad] = useState('');
  const draft = body.value;
  useEffect(() => {
    let same = false;
    try { same = pretty(JSON.parse(text)) === pretty(draft); } catch { same = false; }
    if (!same) { setText(pretty(draft)); setBad(''); }
  }, [draft]);
  const type = (next: string) => {
    setText(next);
    try {
      const found = JSON.parse(next) as Json;
      if (!isObject(found)) { setBad(t('json_object')); return; }
      setBad('');
      if (pretty(found) !== pretty(body.peek())) typed(found);
    } catch (error) { setBad(t('json_bad', { reason: error instanceof Error ? error.message : '' })); }
  };
  return <div class="tb-json"><label class="visually-hidden" for="editor-json">{t('json_label')}</label>
    <textarea id="editor-json" class="form-control" spellcheck={false} autocomplete="off" value={text} aria-invalid={bad ? 'true' : undefined} aria-describedby="editor-json-state" onInput={event => type(event.currentTarget.value)} />
    <div id="editor-json-state" aria-live="polite">{bad && <div class="tl-error"><Icon name="alert-circle" /><span>{bad}</span></div>}</div></div>;
}

export function ProblemsPane() {
  return <div>
    {problems.value.length === 0 && <p class="tl-good"><Icon name="circle-check" /> {t('no_problems')}</p>}
    {problems.value.length > 0 && <><h2 class="tb-part">{t('problems_head')}</h2><ul class="tb-problems">{problems.value.map(each => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => jump(each.path)}><Icon name="alert-circle" /><span>{each.message}<span class="tb-key">{each.path}</span></span></button></li>)}</ul></>}
    {advice.value.length > 0 && <><h2 class="tb-part">{t('advice_head')}</h2><ul class="tb-problems tb-hints">{advice.value.map(each => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => jump(each.path)}><Icon name="bulb" /><span>{each.message}</span></button></li>)}</ul></>}
  </div>;
}

export function UsesPane() {
  if (!given.uses.length) return <p class="tl-quiet">{t('used_by_none')}</p>;
  return <ul class="tb-plain">{given.uses.map(each => <li key={each.href}><a href={each.href}><Icon name={each.icon} /> {each.label}</a> <span class="tl-quiet tl-meta">{each.kind}</span></li>)}</ul>;
}
