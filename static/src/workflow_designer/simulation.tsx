// The simulation of the draft: who starts it, for which record or values, and then the path with the people at each node and why each line was taken.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../designer/icon';
import { problems, t } from '../designer/state';
import { recordsOf, type Chosen, type Part } from '../formula_editor/server';
import { lineText } from './canvas';
import { form, kindIcon, more, nameOf, nodeOf, selected, type Field } from './model';
import { askedFields, decisions, record, simulating, simulation, starter, values, visits, type Question, type Visit } from './words';

export function Simulation() {
  const found = simulation.found.value, state = simulation.state.value;
  return <section class="wx-sim" aria-label={t('simulation')}>
    <div class="wx-sim-head"><h2>{t('simulation')}</h2><span class="tl-pill tl-pill-good"><Icon name="shield-check" />{t('sim_safe')}</span>
      <button class="btn btn-ghost btn-icon btn-sm tl-push" type="button" aria-label={t('close')} title={t('close')} onClick={() => { simulating.value = false; }}><Icon name="x" /></button></div>
    <div class="wx-sim-ask"><label class="wx-sim-field"><span>{t('sim_starter')}</span><select class="form-select" data-starter value={String(starter.value)} onChange={event => { starter.value = Number(event.currentTarget.value); }}>{more.people.map(each => <option value={String(each.id)} key={each.id}>{each.name}</option>)}</select></label>
      <RecordPicker key={form.value} />
      {askedFields.value.map(each => <ValueInput field={each} key={each.key} />)}</div>
    {problems.value.length > 0 ? <p class="tl-note tl-note-care"><Icon name="alert-triangle" /><span>{t('sim_faulty')}</span></p>
      : state === 'failed' ? <p class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><span>{simulation.why.value}</span></p>
      : <div class={`wx-sim-found${state === 'waiting' ? ' td-old' : ''}`} role="status">
        {visits.value.length > 0 && <Path />}
        {found?.stopped && <p class="tl-note tl-note-bad"><Icon name="alert-circle" /><span>{found.stopped}</span></p>}
        {found?.end && <p class="wx-sim-end"><Icon name="circle-check" /> {found.end}</p>}
        {visits.value.length > 0 && <details class="wx-why"><summary>{t('sim_why')}</summary><ol>{visits.value.map(each => <Step visit={each} key={each.number} />)}</ol></details>}
        {!found && <p class="tl-quiet">…</p>}</div>}
  </section>;
}

const who = (visit: Visit): string => [...visit.people.map(each => each.name), ...visit.told].join(t('comma'));

/** The path in one line: 发起 Ning → Manager Meng → … */
function Path() {
  return <ol class="wx-path">{visits.value.map(each => <li key={each.number}><button class={`wx-step${selected.value === `n:${each.node}` ? ' active' : ''}`} type="button" title={who(each)} onClick={() => { selected.value = `n:${each.node}`; }}><Icon name={kindIcon(nodeOf(each.node)?.type)} /><b>{nameOf(each.node)}</b>{who(each) && <span class="tl-cut">{who(each)}</span>}</button>{isFirst(each) && <Decision visit={each} />}</li>)}</ol>;
}

const isFirst = (visit: Visit): boolean => visit.choices.length > 1 && visits.value.find(each => each.node === visit.node) === visit;

/** What is decided there: everybody agrees unless something else is chosen. */
function Decision({ visit }: { visit: Visit }) {
  const usual = visit.choices[0]!.key;
  const choose = (key: string) => { const { [visit.node]: _was, ...rest } = decisions.value; decisions.value = key === usual ? rest : { ...rest, [visit.node]: key }; };
  return <select class={`form-select wx-decision${visit.decided && visit.decided !== usual ? ' wx-decided' : ''}`} data-decision={visit.node} aria-label={t('sim_decision', { what: nameOf(visit.node) })} value={decisions.value[visit.node] ?? usual} onChange={event => choose(event.currentTarget.value)}>{visit.choices.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select>;
}

function Step({ visit }: { visit: Visit }) {
  return <li><b>{nameOf(visit.node)}</b>
    {visit.people.map((each, n) => <div key={n}>{each.name}{each.instead_of && <span class="tl-quiet"> ({each.instead_of})</span>}{each.note && <span class="tl-quiet"> · {each.note}</span>}</div>)}
    {visit.told.length > 0 && <div>{t('sim_told', { who: visit.told.join(t('comma')) })}</div>}
    {visit.until && <div>{t('sim_until', { when: visit.until })}</div>}
    {visit.notes.map(each => <div class="tl-care" key={each}>{each}</div>)}
    {visit.asked.map(each => <Reason found={each} key={each.line} />)}
    {visit.followed.length === 1 && visit.asked.length > 0 && <div class="tl-quiet">{t('sim_so', { line: lineText(visit.followed[0]!) || t('always') })}</div>}</li>;
}

const Reason = ({ found }: { found: Question }) => <div class={found.held ? 'tl-good' : 'tl-second'}><Icon name={found.held ? 'circle-check' : 'circle-x'} /> {lineText(found.line)}: {t(found.held ? 'sim_holds' : 'sim_not')}
  {found.because && <ul class="wx-because">{parts(found.because).map(each => <li key={each.text}>{each.sentence ?? <><code>{each.text}</code>: {each.shown}</>}</li>)}</ul>}</div>;
const parts = (part: Part): Part[] => part.children.length ? part.children : [part];

// -- for what -------------------------------------------------------------------------------------------------------------------------------------
function RecordPicker() {
  const [text, setText] = useState(''), [found, setFound] = useState<Chosen[] | null>(null), [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return;
    let late = false;
    const timer = setTimeout(() => void recordsOf(form.value, text).catch(() => []).then(answer => { if (!late) setFound(answer); }), text ? 250 : 0);
    return () => { late = true; clearTimeout(timer); };
  }, [open, text]);
  if (record.value) return <div class="wx-sim-field"><span>{t('sim_record')}</span><span class="wx-chosen"><b class="tl-cut">{record.value.title}</b><button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('remove')} title={t('remove')} onClick={() => { record.value = null; }}><Icon name="x" /></button></span></div>;
  return <div class="wx-sim-field wx-picker"><label for="wx-record">{t('sim_record')}</label><input class="form-control" id="wx-record" type="search" autocomplete="off" placeholder={t('sim_blank')} value={text} onFocus={() => setOpen(true)} onInput={event => setText(event.currentTarget.value)} onKeyDown={event => { if (event.key === 'Escape') { event.stopPropagation(); setOpen(false); } }} />
    {open && found && <ul class="wx-found">{found.slice(0, 6).map(each => <li key={each.record}><button class="dropdown-item" type="button" onClick={() => { record.value = each; setOpen(false); setText(''); }}>{each.title}</button></li>)}{!found.length && <li class="tl-quiet">{t('sim_none')}</li>}</ul>}</div>;
}

function ValueInput({ field }: { field: Field }) {
  const value = values.value[field.key], text = value === undefined || value === null ? '' : String(value);
  const set = (next: string) => { const { [field.key]: _was, ...rest } = values.value; values.value = next === '' ? rest : { ...rest, [field.key]: field.type === 'multi_choice' ? [next] : next }; };
  return <label class="wx-sim-field"><span>{field.label}</span>
    {field.options.length ? <select class="form-select" data-value={field.key} value={text} onChange={event => set(event.currentTarget.value)}><option value="">–</option>{field.options.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select>
      : field.type === 'checkbox' ? <select class="form-select" data-value={field.key} value={text} onChange={event => set(event.currentTarget.value)}><option value="">–</option><option value="true">{t('yes')}</option><option value="false">{t('no')}</option></select>
      : field.type === 'member' ? <select class="form-select" data-value={field.key} value={text} onChange={event => set(event.currentTarget.value)}><option value="">–</option>{more.people.map(each => <option value={String(each.id)} key={each.id}>{each.name}</option>)}</select>
      : field.type === 'date' ? <input class="form-control" data-value={field.key} type="date" value={text} onInput={event => set(event.currentTarget.value)} />
      : <input class="form-control" data-value={field.key} inputMode={field.result === 'number' || field.type === 'money' ? 'decimal' : undefined} autocomplete="off" value={text} onInput={event => set(event.currentTarget.value)} />}</label>;
}
