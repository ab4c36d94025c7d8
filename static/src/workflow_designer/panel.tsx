// The properties of the chosen node or line, made from their settings models; where its lines lead, and where one more can.
import { useState } from 'preact/hooks';
import { ObjectInput, Problems, titleOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { shapeOf, type Shape } from '../designer/schema';
import { at, change, given, isObject, t, type Path, type Schema } from '../designer/state';
import { ConditionEditor } from '../form_designer/conditions';
import { Plus } from './adding';
import { lineText } from './canvas';
import { canEnd, connect, duplicate, form, fromOf, inOrder, insertAfter, keyOf, kindIcon, kindName, lead, lines, lineSchema, makeOtherwise, more, nameOf, nodeKinds, nodeOf, nodes, numberOf, numbersOut, onlyFor, panelTab, passingOf, remove, removeLine, rename, resultOf, resultsOf, selected, selectedLine, selectedNode, toOf, whenOf } from './model';
import { Rights } from './rights';
import { WhoInput } from './who';

export function Panel() {
  const node = selectedNode.value, line = selectedLine.value;
  if (node !== null) return <NodePanel name={node} key={`${node} ${String(nodeOf(node)?.type)}`} />;
  if (line !== null) return <LinePanel number={line} key={line} />;
  return <div class="wx-panel"><p class="tl-quiet">{t('nothing_selected')}</p><SettingsPanel /></div>;
}

export const SettingsPanel = () => <><WhoInput path={['may_start']} name="may_start" /><ObjectInput path={[]} schema={given.schema as Schema} without={['nodes', 'lines', 'may_start']} open={['label', 'form', 'enabled', 'withdraw', 'skip_repeated_approver']} /></>;

// -- a node ---------------------------------------------------------------------------------------------------------------------------------
const isWho = (shape: Shape): boolean => shape.is === 'list' && shapeOf((shape.schema.items ?? {}) as Schema).is === 'who';
function levelsIn(shape: Shape): string[] | null {
  if (shape.is !== 'map') return null;
  const values = shapeOf((shape.schema.additionalProperties || Object.values(shape.schema.patternProperties ?? {})[0] || {}) as Schema);
  return values.is === 'choice' && values.schema.enum.includes('hidden') ? values.schema.enum as string[] : null;
}
const NOT_SETTINGS = ['type', 'key', 'label', 'at'];

/** On which page of the panel a setting stands; the server names those it knows, all others stand under “more”. */
export const pageOf = (name: string): string => Object.keys(more.families).find(each => more.families[each]!.includes(name)) ?? 'more';

function pagesOf(schema: Schema): Map<string, string[]> {
  const found = new Map<string, string[]>(['who', 'fields', 'time', 'acts', 'more'].map(each => [each, []]));
  for (const name of Object.keys(schema.properties)) if (!NOT_SETTINGS.includes(name)) found.get(pageOf(name))!.push(name);
  return new Map([...found].filter(([page, names]) => names.length || page === 'more'));
}

function NodePanel({ name }: { name: string }) {
  const node = nodeOf(name)!, type = String(node.type ?? ''), schema = nodeKinds[type], path: Path = ['nodes', numberOf(name)];
  const pages = schema ? pagesOf(schema) : new Map<string, string[]>([['more', []]]);
  const now = pages.has(panelTab.value) ? panelTab.value : [...pages.keys()][0]!;
  return <div class="wx-panel"><div class="wx-panel-head"><Icon name={kindIcon(type)} /><h2>{kindName(type)}</h2>
      {type !== 'start' && <><button class="btn btn-ghost btn-icon btn-sm tl-push" type="button" aria-label={t('duplicate')} title={`${t('duplicate')} (Ctrl D)`} onClick={() => duplicate(name)}><Icon name="copy" /></button>
        <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('delete')} title={t('delete')} onClick={() => remove(name)}><Icon name="trash" /></button></>}</div>
    {schema && <ObjectInput path={path} schema={schema} without={Object.keys(schema.properties).filter(each => each !== 'label')} open={['label']} />}
    <Problems path={[...path, 'key']} />
    {pages.size > 1 && <div class="tl-segment wx-pages" role="group" aria-label={t('parts')}>{[...pages.keys()].map(each => <button type="button" class={each === now ? 'active' : ''} aria-pressed={each === now} onClick={() => { panelTab.value = each; }} key={each}>{t(`page_${each}`)}</button>)}</div>}
    {schema && <Settings path={path} schema={schema} names={pages.get(now)!} own={name} key={now} />}
    {now === 'more' && <KeyInput name={name} />}
    <Ways name={name} />
  </div>;
}

function Settings({ path, schema, names, own }: { path: Path; schema: Schema; names: string[]; own: string }) {
  const shapes = names.map(name => ({ name, shape: shapeOf(schema.properties[name]) }));
  const whos = shapes.filter(each => isWho(each.shape)), rights = shapes.flatMap(each => { const levels = levelsIn(each.shape); return levels ? [{ ...each, levels }] : []; });
  const taken = new Set([...whos, ...rights].map(each => each.name)), rows = rights.length && schema.properties.rows ? [...path, 'rows'] : undefined;
  if (rows) taken.add('rows'); // stands in the table of fields
  return <>{whos.map(each => <WhoInput path={[...path, each.name]} name={each.name} own={own} key={each.name} />)}
    <ObjectInput path={path} schema={schema} without={Object.keys(schema.properties).filter(name => !names.includes(name) || taken.has(name))} open={names} />
    {rights.map(each => <Rights path={[...path, each.name]} levels={each.levels} usual={isObject(each.shape.default) ? String(each.shape.default['*'] ?? 'view') : 'view'} rows={rows} key={each.name} />)}</>;
}

function KeyInput({ name }: { name: string }) {
  const [text, setText] = useState(name), [bad, setBad] = useState(false);
  const done = () => { if (text !== name) setBad(!rename(name, text)); };
  return <div class="tl-field"><label class="form-label" for="wx-key">{t('key')}</label><input class="form-control" id="wx-key" value={text} autocomplete="off" spellcheck={false} maxLength={41} aria-invalid={bad ? 'true' : undefined} aria-describedby="wx-key-help" onInput={event => { setText(event.currentTarget.value); setBad(false); }} onBlur={done} onKeyDown={event => { if (event.key === 'Enter') done(); }} />
    <div class={bad ? 'tl-error' : 'tl-help'} id="wx-key-help">{t(bad ? 'key_bad' : 'key_help')}</div></div>;
}

// -- where it leads -----------------------------------------------------------------------------------------------------------------------------
function Ways({ name }: { name: string }) {
  if (passingOf(nodeOf(name)) === 'ends') return null;
  const targets = inOrder.value.filter(each => canEnd(name, each));
  return <section class="wx-ways" aria-label={t('ways')}><h3>{t('ways')}</h3>
    <ul class="tb-plain">{numbersOut(name).map(n => <li key={n}><button class="wx-way" type="button" onClick={() => { selected.value = `l:${n}`; }}><Icon name="arrow-right" /><span class="tl-cut">{lineText(n) ? t('way_if', { when: lineText(n), to: nameOf(toOf(lines.value[n])) }) : nameOf(toOf(lines.value[n]))}</span></button></li>)}</ul>
    {targets.length > 0 && <select class="form-select" value="" aria-label={t('line_to')} data-line-to onChange={event => { const to = event.currentTarget.value; event.currentTarget.value = ''; if (to) connect(name, to); }}><option value="">{t('line_to')}</option>{targets.map(each => <option value={each} key={each}>{nameOf(each)}</option>)}</select>}
    <Plus id={`p:${name}`} label={t('add_after', { what: nameOf(name) })} onPick={type => insertAfter(name, type)} wide />
  </section>;
}

// -- a line ------------------------------------------------------------------------------------------------------------------------------------
function LinePanel({ number }: { number: number }) {
  const line = lines.value[number]!, from = fromOf(line), when = whenOf(line), path: Path = ['lines', number];
  const alone = numbersOut(from).length < 2 && nodeOf(from)?.type !== 'branch', parallel = nodeOf(from)?.type === 'parallel';
  const results = resultsOf(from);
  const others = inOrder.value.filter(each => each === toOf(line) || canEnd(from, each));
  return <div class="wx-panel"><div class="wx-panel-head"><Icon name="arrow-right" /><h2>{t('line')}</h2>
      <button class="btn btn-ghost btn-icon btn-sm tl-push" type="button" aria-label={t('delete')} title={t('delete')} onClick={() => removeLine(number)}><Icon name="trash" /></button></div>
    <p class="wx-from-to"><button class="btn-link-plain" type="button" onClick={() => { selected.value = `n:${from}`; }}>{nameOf(from)}</button> <Icon name="arrow-right" /> <button class="btn-link-plain" type="button" onClick={() => { selected.value = `n:${toOf(line)}`; }}>{nameOf(toOf(line))}</button></p>
    <Problems path={path} />
    {parallel ? <p class="tl-quiet">{t('line_parallel')}</p> : alone && when === null && line.otherwise !== true ? <p class="tl-quiet">{t('line_alone')}</p> : <>
      <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" id={`f-lines/${number}/otherwise`} checked={line.otherwise === true} onChange={event => makeOtherwise(number, event.currentTarget.checked)} /><span class="form-check-label">{t('is_otherwise')}</span></label>
      <p class="tl-help">{t('otherwise_help')}</p></>}
    {results.length > 0 && line.otherwise !== true && !(alone && when === null && !resultOf(line)) && <div class="tl-field"><label class="form-label" for={`f-lines/${number}/result`}>{titleOf('result')}</label><select class="form-select" id={`f-lines/${number}/result`} data-result value={resultOf(line)} onChange={event => onlyFor(number, event.currentTarget.value)}><option value="">{t('result_any')}</option>{results.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select><Problems path={[...path, 'result']} /></div>}
    {!parallel && line.otherwise !== true && (when !== null ? <ConditionEditor path={[...path, 'when']} text={when} label={titleOf('when')} onText={text => change([...path, 'when'], text)} key={form.value} />
      : <button class="btn btn-sm" type="button" onClick={() => change([...path, 'when'], '')}><Icon name="plus" />{t('add_condition')}</button>)}
    <div class="tl-field"><label class="form-label" for={`f-lines/${number}/to`}>{t('leads_to')}</label><select class="form-select" id={`f-lines/${number}/to`} value={toOf(line)} onChange={event => lead(number, event.currentTarget.value)}>{!nodeOf(toOf(line)) && <option value={toOf(line)}>{toOf(line)}</option>}{others.map(each => <option value={each} key={each}>{nameOf(each)}</option>)}</select><Problems path={[...path, 'to']} /></div>
    <ObjectInput path={path} schema={lineSchema} without={Object.keys(lineSchema.properties).filter(each => each !== 'label')} open={['label']} />
  </div>;
}

// -- what settings can be chosen from -------------------------------------------------------------------------------------------------------------
export function offered(name: string, path: Path, shape: Shape): { key: string; label: string }[] | null {
  const own = path[0] === 'nodes' ? keyOf(nodes.value[Number(path[1])]) : undefined;
  if (shape.is === 'who') return more.who_choices;
  if (name === 'role') return more.who_choices.filter(each => each.key.startsWith('role:')).map(each => ({ key: each.key.slice(5), label: each.label }));
  if (name === 'return_to' || name === 'to' && path.includes('return_to')) return [{ key: 'start', label: t('return_start') }, { key: 'previous', label: t('return_previous') }, ...inOrder.value.filter(each => each !== own && passingOf(nodeOf(each)) === 'people').map(key => ({ key, label: nameOf(key) }))];
  if (name === 'create') return given.known.form;
  if (name === 'automation') return more.called.map(({ key, label }) => ({ key, label }));
  if (name === 'workflow') return more.workflows;
  if (name === 'target') return pointing();
  if (name === 'field' && shape.is === 'string') return dated();
  return null;
}
const dated = () => (more.form_fields[form.value] ?? []).filter(each => each.result === 'date' || each.result === 'datetime').map(({ key, label }) => ({ key, label }));
const pointing = () => (more.form_fields[form.value] ?? []).filter(each => each.type === 'reference').map(({ key, label }) => ({ key, label }));
/** What a mapping of a node has as its keys: fields of the record meant, values that an automation takes, else fields of the form. */
export function offeredKeys(name: string, path: Path): { key: string; label: string }[] | null {
  const node = path[0] === 'nodes' ? nodes.value[Number(path[1])] : undefined;
  if (name === 'inputs') return more.called.find(each => each.key === node?.automation)?.inputs ?? null;
  const other = name === 'new_values' ? String(node?.create ?? '') : name === 'values' ? (more.form_fields[form.value] ?? []).find(each => each.key === node?.target)?.form ?? '' : form.value;
  return (more.form_fields[other] ?? []).filter(each => other === form.value && name !== 'new_values' && name !== 'values' || each.writable).map(({ key, label }) => ({ key, label }));
}
