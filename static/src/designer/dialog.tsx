// A dialog of a designer: opened and closed by a signal's value, so that undo and jumps can close it too.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props { shown: boolean; close: () => void; title: string; children: ComponentChildren; foot: ComponentChildren; wide?: boolean }

export function Dialog({ shown, close, title, children, foot, wide }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown && !dialog.current?.open) dialog.current?.showModal();
    if (!shown && dialog.current?.open) dialog.current.close();
  }, [shown]);
  return <dialog class={`tl-dialog tb-dialog${wide ? ' td-dialog-wide' : ''}`} ref={dialog} aria-label={title} onClose={close} onCancel={close}>
    {shown && <><div class="tl-dialog-head"><h2>{title}</h2></div><div class="tl-dialog-body">{children}</div><div class="tl-dialog-foot">{foot}</div></>}
  </dialog>;
}
