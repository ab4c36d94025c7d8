// A formula box: the editor with chips where there is room and a fine pointer, else a plain box with the same checks.
import '../css/formula_editor.css';
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { $ } from '../base/dom';
import { Icon } from '../designer/icon';
import { body, t } from '../designer/state';
import type { Code } from './code';
import { FunctionHelp, helpNode } from './function_help';
import { Panel } from './panel';
import { checked, choose, chosen, offerAt, panel, recordsOf, resultOf, type Checked, type Problem, type Result } from './server';
import { callAt, scan, type FunctionOffer, type Offer } from './words';

const roomy = matchMedia('(min-width: 768px) and (pointer: fine)');
const rich = signal(roomy.matches);
roomy.addEventListener('change', () => { rich.value = roomy.matches; });

interface Props { id: string; path: string; label: string; required: boolean; text: string; faulty: boolean; describedBy: string; onText: (text: string) => void;
  /** What stands below; `hide` where the check just made says it better. */
  rest: (hide: boolean) => ComponentChildren }

/** Checks 300 ms after the last letter, once somebody has been here. */
function useChecked(path: string, text: string, touched: boolean): Checked | null {
  const [found, setFound] = useState<Checked | null>(null);
  useEffect(() => {
    if (!touched || !text.trim()) { setFound(null); return; }
    let late = false;
    const timer = setTimeout(() => void checked(path, text).catch(() => null).then(answer => { if (!late) setFound(answer); }), 300);
    return () => { late = true; clearTimeout(timer); };
  }, [path, text, touched]);
  return found?.text === text ? found : null;
}

/** The result for the chosen record; the one before stays until the new one is there. */
function useResult(path: string, state: Checked | null, form: string | null): Result | null {
  const record = form ? chosen.value[form]?.record : undefined;
  const [found, setFound] = useState<Result | null>(null);
  const text = state && !state.problems.length ? state.text : null;
  useEffect(() => {
    if (record === undefined) { setFound(null); return; }
    if (text === null) return;
    let late = false;
    void resultOf(path, text, record).catch(() => null).then(answer => { if (!late) setFound(answer); });
    return () => { late = true; };
  }, [path, text, record]);
  return found && found.record === record ? found : null;
}

/** Whether a box has come into view: what is folded away loads and asks nothing. */
function useSeen(): [{ current: HTMLDivElement | null }, boolean] {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !place.current) return;
    const watch = new IntersectionObserver(found => { if (found.some(each => each.isIntersecting)) setSeen(true); }, { rootMargin: '600px' });
    watch.observe(place.current);
    return () => watch.disconnect();
  }, [seen]);
  return [place, seen];
}

export function FormulaBox(props: Props) {
  const { id, path, label, required, text, faulty, describedBy } = props;
  const [touched, setTouched] = useState(false);
  const [call, setCall] = useState<{ name: string; argument: number } | null>(null);
  const [offer, setOffer] = useState<{ offer: Offer; functions: FunctionOffer[] } | null>(null);
  const code = useRef<Code | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const state = useChecked(path, text, touched);
  const form = offer?.offer.record_form ?? null;
  const result = useResult(path, state, form);
  const isOpen = panel.value === path;
  const [field, seen] = useSeen();
  const isRich = rich.value && seen;
  const problems = state?.problems ?? [];
  const fields = useMemo(() => JSON.stringify((body.value as { fields?: unknown; form?: unknown })?.fields ?? (body.value as { form?: unknown })?.form ?? null), [body.value]);

  useEffect(() => {
    if (!isRich) return;
    const timer = setTimeout(() => void offerAt(path).then(setOffer).catch(() => undefined), offer ? 500 : 0);
    return () => clearTimeout(timer);
  }, [path, fields, isRich]);
  useEffect(() => { if (isOpen) { setTouched(true); if (form && !chosen.value[form]) void recordsOf(form, '').then(found => { if (found[0]) choose(form, found[0]); }).catch(() => undefined); } }, [isOpen, form]);
  useEffect(() => () => { if (panel.peek() === path) panel.value = null; }, [path]);

  const go = ({ position, length }: Problem) => {
    if (code.current) { code.current.select(position, position + length); return; }
    area.current?.focus();
    area.current?.setSelectionRange(position, position + length);
  };
  const marks = { 'aria-invalid': problems.length || faulty ? ('true' as const) : undefined, 'aria-describedby': `${id}-said ${describedBy}` };
  const called = call && offer?.functions.find(each => each.name === call.name || each.aliases.includes(call.name));
  return <div class="tl-field tf-field" ref={field}>
    <div class="tf-head"><label class="form-label" for={id} onClick={() => code.current?.focus()}>{label}{required && <span class="tl-required" aria-hidden="true"> *</span>}</label>
      {rich.value && <button class="btn btn-sm btn-ghost" type="button" aria-expanded={isOpen} aria-label={`${t('fx_help')}: ${label}`} onClick={() => { panel.value = isOpen ? null : path; }}><Icon name="math-function" />{t('fx_help')}</button>}
      <button class="btn btn-sm btn-ghost btn-icon" type="button" data-copy={text} disabled={!text} aria-label={`${t('fx_copy')}: ${label}`} title={t('fx_copy')}><Icon name="copy" /></button></div>
    {rich.value ? <Rich {...props} load={seen} marks={marks} offer={offer} problems={problems} onCode={now => { code.current = now; }} onCall={setCall} onFocus={() => setTouched(true)} />
      : <textarea class="form-control tb-formula" id={id} ref={area} rows={Math.min(6, Math.max(2, Math.ceil(text.length / 40)))} spellcheck={false} autocapitalize="off" autocomplete="off" value={text} {...marks}
        onFocus={() => setTouched(true)} onInput={event => props.onText(event.currentTarget.value)} />}
    {called && <FunctionHelp each={called} argument={call.argument} />}
    <div id={`${id}-said`} aria-live="polite">
      {problems.map(each => <div class="tl-error" key={each.message}><Icon name="alert-circle" /><button class="tb-problem" type="button" onClick={() => go(each)}>{each.message}</button></div>)}
      {state?.type && <div class="tl-help tl-good"><Icon name="check" /> {t('gives', { type: state.type })}</div>}
      {touched && text.trim() !== '' && !state && <div class="tl-help">{t('checking')}</div>}
    </div>
    {result && form && !problems.length && <div class="tf-live"><span class="tl-quiet">{chosen.value[form]?.title}</span> {result.problem ?? <b>{result.explanation?.shown}</b>}</div>}
    {props.rest(!!state)}
    {isOpen && offer && <Panel label={label} offer={offer.offer} functions={offer.functions} form={form} result={result} faulty={problems.length > 0 || !text.trim()}
      onPick={choice => code.current?.insert(choice)} onClose={() => { panel.value = null; code.current?.focus(); }} />}
  </div>;
}

interface RichProps extends Props {
  load: boolean;
  marks: Record<string, string | undefined>; offer: { offer: Offer; functions: FunctionOffer[] } | null; problems: Problem[];
  onCode: (code: Code | null) => void; onCall: (call: { name: string; argument: number } | null) => void; onFocus: () => void;
}

/** The place of the editor. Until it is there, and if it cannot be loaded, the text stands in a plain box. */
function Rich({ load, id, label, text, marks, offer, problems, onText, onCode, onCall, onFocus }: RichProps) {
  const place = useRef<HTMLDivElement>(null);
  const [code, setCode] = useState<Code | null>(null);
  const now = useRef({ text, onText, onCall, onFocus });
  now.current = { text, onText, onCall, onFocus };
  const sent = useRef<string[]>([]);  // what was typed here comes back late as a property: it must not overwrite what was typed since
  const attributes = (): Record<string, string> => Object.fromEntries(Object.entries({ id, 'aria-label': label, 'aria-multiline': 'true', spellcheck: 'false', autocapitalize: 'off', ...marks }).filter((each): each is [string, string] => typeof each[1] === 'string'));
  useEffect(() => {
    if (!load) return;
    let made: Code | null = null;
    let gone = false;
    void import('./code').then(({ open }) => {
      if (gone || !place.current) return;
      const wasHere = document.activeElement?.id === id;
      made = open(place.current, {
        text: now.current.text, nonce: $<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '', attributes: attributes(), phrases: { Completions: t('fx_completions') },
        onText: next => { sent.current.push(next); now.current.onText(next); }, onFocus: () => now.current.onFocus(), describe: helpNode,
        onPlace: (next, at) => now.current.onCall(at < 0 ? null : callAt(scan(next), at)),
      });
      setCode(made);
      onCode(made);
      if (wasHere) made.focus();
    }).catch(() => undefined);
    return () => { gone = true; onCode(null); made?.destroy(); };
  }, [id, load]);
  useEffect(() => {
    const echo = sent.current.lastIndexOf(text);
    sent.current.splice(0, echo < 0 ? sent.current.length : echo + 1);
    if (echo < 0) code?.set(text);
  }, [code, text]);
  useEffect(() => { if (offer) code?.offer(offer.offer, offer.functions); }, [code, offer]);
  useEffect(() => { code?.faults(problems.map(each => ({ from: each.position, to: each.position + each.length }))); }, [code, JSON.stringify(problems)]);
  useEffect(() => { code?.attributes(attributes()); }, [code, label, marks['aria-invalid']]);
  return <div class={`tf-code${marks['aria-invalid'] ? ' tf-code-faulty' : ''}`}>
    {!code && <textarea class="form-control tb-formula" id={id} rows={1} spellcheck={false} value={text} {...marks} onFocus={onFocus} onInput={event => onText(event.currentTarget.value)} />}
    <div ref={place} />
  </div>;
}
