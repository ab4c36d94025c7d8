// The page of a segment: its conditions as chips and as a formula, and beside them how many would belong to it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { $ } from '../base/dom';
import { send } from '../base/http';
import { speak } from '../base/speak';
import { Asked } from '../designer/asking';
import { Problems } from '../designer/fields';
import { Icon } from '../designer/icon';
import { at, body, change, given, problemsAt, t } from '../designer/state';
import { FormulaBox } from '../formula_editor/box';

interface Count { then: number; sentence: string; margin: string | null; change: string | null; shown: { title: string; href: string }[] }
interface Named { key: string; label: string }
interface Field extends Named { kind: string; search?: string; options: Named[]; operators: (Named & { value: boolean })[] }
interface Conditions { fields: Field[]; chips: { text: string; words: string | null }[] }

const counted = new Asked<Count>('/try');
const conditions = new Asked<Conditions>('/conditions');
const textOf = (name: string): string => { const value = at([name]); return typeof value === 'string' ? value : ''; };

/** Asks again whenever something changes that the answer depends on. */
function useAsked(asked: Asked<Count> | Asked<Conditions>): void {
  const draft = body.value;
  useEffect(() => { asked.ask({ body: draft }, { about: [textOf('form'), textOf('where')] }); }, [draft]);
}

// -- how many -------------------------------------------------------------------------------------------------------------------
export function CountPanel() {
  useAsked(counted);
  const [found, state] = [counted.found.value, counted.state.value];
  return <section class={`card tb-impact${state === 'still' ? '' : ' tb-old'}`} aria-labelledby="count-title" aria-busy={state === 'waiting'} data-count-panel>
    <div class="card-header"><h2 id="count-title">{t('sg_count')}</h2>{state === 'waiting' && <span class="tl-quiet tl-meta">{t('sg_wait')}</span>}</div>
    <div class="card-body">
      {state === 'faulty' && <p class="tl-quiet">{t('sg_faulty')}</p>}
      {state === 'failed' && <div class="tl-note tl-note-bad"><Icon name="alert-circle" /><div>{counted.why.value}</div></div>}
      {found && state !== 'faulty' && <>
        <p class="tb-sentence" role="status"><b>{found.sentence}</b></p>
        {found.margin && <p class="tl-meta tl-quiet">{found.margin}</p>}
        {found.change && <p data-change>{found.change}</p>}
        {found.shown.length > 0 ? <><h3 class="tb-part">{t('sg_shown')}</h3><ul class="tb-plain">{found.shown.map(each => <li key={each.href}><a href={each.href}>{each.title}</a></li>)}</ul></>
          : <p class="tl-quiet mb-0">{t('sg_nobody')}</p>}
      </>}
    </div>
  </section>;
}

// -- chips ----------------------------------------------------------------------------------------------------------------------
async function become(what: Record<string, unknown>): Promise<string> {
  try {
    const { text } = await send<{ text: string }>('POST', `${given.here}/condition`, { body: body.peek(), ...what });
    change(['where'], text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

function Chips({ found, onProblem }: { found: Conditions | null; onProblem: (text: string) => void }) {
  const chips = textOf('where').trim() ? found?.chips ?? [] : [];
  if (!chips.length) return <p class="tl-quiet">{t('sg_everybody')}</p>;
  const remove = async (n: number) => { onProblem(await become({ remove: n })); speak(t('removed')); };
  return <ul class="tb-chips" aria-label={t('sg_chips')}>{chips.map((each, n) => <li key={each.text}><span>{each.words ?? <code>{each.text}</code>}</span>
    <button class="btn btn-ghost btn-icon btn-tiny" type="button" aria-label={`${t('remove')}: ${each.words ?? each.text}`} onClick={() => void remove(n)}><Icon name="x" /></button></li>)}</ul>;
}

function Value({ field, operator, value, onValue }: { field: Field; operator: string; value: string; onValue: (value: string) => void }) {
  const several = /^(any_of|has_any|has_all)$/.test(operator);
  if (field.search) return <Searched url={field.search} several={several} key={`${field.key} ${several}`} clear={value === ''} onValue={onValue} />;
  const days = operator === 'within' || operator === 'older';
  if (field.options.length) {
    const chosen = value.split(',').filter(Boolean);
    return <select class="form-select" id="sg-value" multiple={several} size={several ? Math.min(field.options.length, 5) : undefined} onChange={event => onValue([...event.currentTarget.selectedOptions].map(each => each.value).filter(Boolean).join(','))}>
      {!several && <option value="">{t('choose')}</option>}
      {field.options.map(each => <option value={each.key} selected={chosen.includes(each.key)} key={each.key}>{each.label}</option>)}
    </select>;
  }
  if (field.kind === 'date' && !days) return <input class="form-control" id="sg-value" type="date" value={value} onInput={event => onValue(event.currentTarget.value)} />;
  return <input class="form-control" id="sg-value" autocomplete="off" inputMode={days || field.kind === 'number' || field.kind === 'money' ? 'decimal' : undefined} value={value} onInput={event => onValue(event.currentTarget.value)} />;
}

/** People or records, searched for while typing: base/selects.ts draws the control. */
function Searched({ url, several, clear, onValue }: { url: string; several: boolean; clear: boolean; onValue: (value: string) => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const control = document.createElement(several ? 'select' : 'input');
    control.className = several ? 'form-select' : 'form-control';
    control.id = 'sg-value';
    control.dataset.searchUrl = url;
    if (control instanceof HTMLSelectElement) control.multiple = true;
    control.addEventListener('change', () => onValue(control instanceof HTMLSelectElement ? [...control.selectedOptions].map(each => each.value).join(',') : control.value));
    place.current!.replaceChildren(control);
    document.dispatchEvent(new CustomEvent('htmx:load', { detail: { elt: place.current, inside: true } }));
  }, [url, several]);
  useEffect(() => { if (clear) ($<HTMLInputElement & { tomselect?: { clear(): void } }>('#sg-value', place.current!))?.tomselect?.clear(); }, [clear]);
  return <div ref={place} />;
}

function Adding({ fields, onProblem }: { fields: Field[]; onProblem: (text: string) => void }) {
  const [key, setKey] = useState('');
  const [chosen, setOperator] = useState('');
  const [value, setValue] = useState('');
  const field = fields.find(each => each.key === key) ?? fields[0];
  if (!field) return null;
  const operator = field.operators.find(each => each.key === chosen) ?? field.operators[0]!;
  const add = async (event: Event) => {
    event.preventDefault();
    const problem = await become({ field: field.key, operator: operator.key, value: operator.value ? value : '' });
    onProblem(problem);
    if (!problem) { setValue(''); speak(t('added')); }
  };
  return <form class="tb-adding" onSubmit={event => void add(event)}>
    <div class="tl-field"><label class="form-label" for="sg-field">{t('sg_field')}</label><select class="form-select" id="sg-field" value={field.key} onChange={event => { setKey(event.currentTarget.value); setOperator(''); setValue(''); }}>{fields.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select></div>
    <div class="tl-field"><label class="form-label" for="sg-operator">{t('sg_operator')}</label><select class="form-select" id="sg-operator" value={operator.key} onChange={event => { setOperator(event.currentTarget.value); setValue(''); }}>{field.operators.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select></div>
    {operator.value && <div class="tl-field"><label class="form-label" for="sg-value">{t('sg_value')}</label><Value field={field} operator={operator.key} value={value} onValue={setValue} /></div>}
    <button class="btn" disabled={operator.value && value.trim() === ''}><Icon name="plus" />{t('sg_add')}</button>
  </form>;
}

// -- the whole ------------------------------------------------------------------------------------------------------------------
export function SegmentPanel() {
  useAsked(conditions);
  const [problem, setProblem] = useState('');
  const found = conditions.found.value;
  const form = given.known.form.find(each => each.key === textOf('form'));
  return <div class="tb-model">
    <section class="card" aria-labelledby="sg-chips"><div class="card-header"><h2 id="sg-chips">{t('sg_chips')}</h2>{form && <span class="tl-quiet tl-meta">{t('sg_of', { form: form.label })}</span>}</div><div class="card-body">
      <Chips found={found} onProblem={setProblem} />
      <Adding fields={found?.fields ?? []} onProblem={setProblem} />
      <div aria-live="polite">{problem && <div class="tl-error"><Icon name="alert-circle" /><span>{problem}</span></div>}</div>
      <Problems path={['form']} />
    </div></section>
    <section class="card" aria-labelledby="sg-formula"><div class="card-header"><h2 id="sg-formula">{t('sg_formula')}</h2><span class="tl-quiet tl-meta">{t('sg_formula_help')}</span></div><div class="card-body">
      <FormulaBox id="f-where" path="where" label={t('segment_tab')} required={true} text={textOf('where')} faulty={problemsAt.value.has('where')} describedBy="p-where" onText={text => change(['where'], text)} rest={hide => <Problems path={['where']} hide={hide} />} />
    </div></section>
  </div>;
}
