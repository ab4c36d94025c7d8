// The flow as a list in the order of reading: for the phone, for screen readers, and for whoever likes lists. Everything can be changed from here.
import { Icon } from '../designer/icon';
import { t } from '../designer/state';
import { Plus } from './adding';
import { linesOf, lineText, openPanel, toneOf } from './canvas';
import { faultsOfLine, inOrder, insertAfter, insertOn, kindIcon, kindName, lines, nameOf, nodeOf, numbersOut, passingOf, remove, selected, toOf } from './model';
import { followed, visits, visitsOf } from './words';

export function List() {
  return <ol class="wx-list" aria-label={t('drawing')}>{inOrder.value.map((key, n) => <Item name={key} n={n + 1} key={key} />)}</ol>;
}

function Item({ name, n }: { name: string; n: number }) {
  const node = nodeOf(name), out = numbersOut(name), faded = visits.value.length > 0 && !visitsOf(name).length;
  if (!node) return null;
  return <li class={`wx-item${faded ? ' wx-faded' : ''}`}>
    <div class={`wx-item-card wx-${toneOf(node.type)}${selected.value === `n:${name}` ? ' active' : ''}`}>
      <button class="wx-item-hit" type="button" id={`wi-${name}`} onClick={() => { selected.value = `n:${name}`; openPanel(); }} onKeyDown={event => { if (event.key === 'Delete' && node.type !== 'start') { event.preventDefault(); remove(name); } }}>
        <span class="wx-name"><Icon name={kindIcon(node.type)} /><b>{n}. {nameOf(name)}</b>{nameOf(name) !== kindName(node.type) && <span class="tl-meta tl-quiet">{kindName(node.type)}</span>}</span>
        {linesOf(name).map((each, m) => <span class={`wx-line-text${each.tone ? ` wx-text-${each.tone}` : ''}`} key={m}>{each.text}</span>)}</button></div>
    <ul class="wx-item-lines">{out.map(line => <li class={followed.value.has(line) ? 'wx-on' : ''} key={line}>
      <button class={`wx-way${faultsOfLine(line).length ? ' wx-faulty' : ''}`} type="button" id={`wil-${line}`} onClick={() => { selected.value = `l:${line}`; openPanel(); }}><Icon name={faultsOfLine(line).length ? 'alert-circle' : 'arrow-down'} /><span>{lineText(line) ? t('way_if', { when: lineText(line), to: nameOf(toOf(lines.value[line])) }) : nameOf(toOf(lines.value[line]))}</span></button>
      <Plus id={`i:${line}`} label={t('add_on', { from: nameOf(name), to: nameOf(toOf(lines.value[line])) })} onPick={type => { insertOn(line, type); openPanel(); }} /></li>)}
      {!out.length && passingOf(node) !== 'ends' && <li><Plus id={`i:${name}`} label={t('add_after', { what: nameOf(name) })} onPick={type => { insertAfter(name, type); openPanel(); }} wide /></li>}</ul>
  </li>;
}
