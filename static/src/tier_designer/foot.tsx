// The foot of the right pane: rule tests in sight, the difference from the live version in words, a draft kept beside this one.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { speak } from '../base/speak';
import { send } from '../base/http';
import { Dialog } from '../designer/dialog';
import { Icon } from '../designer/icon';
import { at, body, change, given, live, shown, t, tab, type Json, type Problem } from '../designer/state';
import { recordsOf, type Chosen } from '../formula_editor/server';
import { listOf } from './model';
import { Standing, Waiting } from './parts';
import { beside, failing, keepBeside, testOf, tests } from './server';

export function Foot() {
  const found = tests.found.value;
  const bad = failing.value;
  const first = found?.tests.find(each => !each.ok);
  return <>
    <div class="td-tests" role="status"><Icon name={!found || !found.of ? 'help-circle' : bad ? 'alert-circle' : 'circle-check'} /><span class={`tl-grow ${bad ? 'tl-bad' : found?.of ? 'tl-good' : 'tl-quiet'}`}>
      {tests.state.value === 'faulty' ? t('tests_faulty') : !found ? t('checking') : !found.of ? t('tests_none') : bad ? first!.sentence : t('tests_passed', { passed: found.passed, of: found.of })}</span>
      <button class="btn-link-plain" type="button" onClick={() => { tab.value = 'review'; }}>{t('look')}</button></div>
    <Standing of={tests} quiet={tests.state.value === 'faulty'} />
    <div class="tl-row-wrap">{live.value.version !== null && <button class="btn btn-sm" type="button" onClick={() => { comparing.value = true; }}><Icon name="git-compare" />{t('compare_live', { version: live.value.version })}</button>}
      <button class="btn btn-sm" type="button" onClick={() => { keepBeside(body.value); speak(t('kept_now')); }}><Icon name="columns" />{t(beside.value ? 'keep_again' : 'keep')}</button>
      <button class="btn btn-sm" type="button" onClick={openRecord}><Icon name="player-record" />{t('record_test')}</button></div>
  </>;
}

// -- in words -----------------------------------------------------------------------------------------------------------------------
const comparing = signal(false);

export function CompareDialog() {
  const [found, setFound] = useState<Problem[] | null>(null);
  const [why, setWhy] = useState('');
  const isShown = comparing.value;
  useEffect(() => {
    if (!isShown) return;
    setFound(null);
    setWhy('');
    void send<{ changes: Problem[] }>('POST', `${given.here}/preview`, { body: body.peek() }).then(answer => setFound(answer.changes)).catch(error => setWhy(error instanceof Error ? error.message : ''));
  }, [isShown]);
  const close = () => { comparing.value = false; };
  return <Dialog shown={isShown} close={close} title={t('compare_title', { version: live.value.version ?? 0 })} foot={<><a class="btn" href={`${given.here}/versions?from=${live.value.version}&to=draft`}>{t('as_json')}</a><button class="btn btn-primary" type="button" onClick={close}>{t('close')}</button></>}>
    {why && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{why}</div></div>}
    {!found && !why && <Waiting />}
    {found && (found.length ? <ul class="tb-plain">{found.map(each => <li key={each.path + each.message}>{each.message}</li>)}</ul> : <p class="tl-quiet">{t('no_changes')}</p>)}
  </Dialog>;
}

// -- a rule test recorded from a real customer ------------------------------------------------------------------------------------------
const recording = signal(false);
export const openRecord = (): void => { recording.value = true; };

export function RecordDialog() {
  const [wanted, setWanted] = useState('');
  const [found, setFound] = useState<Chosen[] | null>(null);
  const [offer, setOffer] = useState<{ test: Json; sentence: string } | null>(null);
  const [why, setWhy] = useState('');
  const isShown = recording.value;
  const form = String(at(['form']) ?? '');
  const fail = (error: unknown) => setWhy(error instanceof Error ? error.message : '');
  useEffect(() => { if (isShown) { setWanted(''); setOffer(null); setWhy(''); } }, [isShown]);
  useEffect(() => {
    if (!isShown) return;
    let late = false;
    const timer = setTimeout(() => void recordsOf(form, wanted).then(answer => { if (!late) setFound(answer); }).catch(fail), wanted ? 250 : 0);
    return () => { late = true; clearTimeout(timer); };
  }, [isShown, form, wanted]);
  const close = () => { recording.value = false; };
  const choose = (record: number) => { setWhy(''); void testOf(record).then(answer => { if ('test' in answer) setOffer(answer); else setWhy(t('figures_faulty')); }).catch(fail); };
  const add = () => { if (!offer) return; change(['tests'], [...listOf('tests'), offer.test]); speak(t('added')); close(); };
  return <Dialog shown={isShown} close={close} title={t('try_customer')} foot={<><button class="btn" type="button" onClick={close}>{t('cancel')}</button><button class="btn btn-primary" type="button" disabled={!offer} onClick={add}>{t('add_test')}</button></>}>
    <p class="tl-quiet">{t('record_about')}</p>
    <div class="tl-field"><label class="form-label" for="record-search">{t('customer')}</label><input class="form-control" id="record-search" type="search" autocomplete="off" placeholder={t('fx_record_search')} value={wanted} onInput={event => setWanted(event.currentTarget.value)} /></div>
    {why && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{why}</div></div>}
    {!found ? <Waiting lines={2} /> : <div class="tf-records td-records" role="group" aria-label={t('customer')}>{found.map(each => <button type="button" class="tl-chip-button" onClick={() => choose(each.record)} key={each.record}>{each.title}</button>)}{found.length === 0 && <span class="tl-quiet">{t('fx_no_records')}</span>}</div>}
    {offer && <div class="tl-note" role="status"><Icon name="test-pipe" /><div><b>{shown((offer.test as { name?: Json }).name)}</b> {offer.sentence}</div></div>}
  </Dialog>;
}
