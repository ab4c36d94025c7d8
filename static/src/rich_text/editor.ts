// The editor of text with marks. What it sends is HTML; the server keeps only what is allowed.
import { Editor } from '@tiptap/core';
import StarterKit from '@tiptap/starter-kit';
import { $, $$, make } from '../base/dom';

type Act = (editor: Editor) => void;
const ACTS: Record<string, { act: Act; on?: (editor: Editor) => boolean; may?: (editor: Editor) => boolean }> = {
  bold: { act: editor => editor.chain().focus().toggleBold().run(), on: editor => editor.isActive('bold') },
  italic: { act: editor => editor.chain().focus().toggleItalic().run(), on: editor => editor.isActive('italic') },
  heading: { act: editor => editor.chain().focus().toggleHeading({ level: 3 }).run(), on: editor => editor.isActive('heading') },
  bullets: { act: editor => editor.chain().focus().toggleBulletList().run(), on: editor => editor.isActive('bulletList') },
  numbers: { act: editor => editor.chain().focus().toggleOrderedList().run(), on: editor => editor.isActive('orderedList') },
  quote: { act: editor => editor.chain().focus().toggleBlockquote().run(), on: editor => editor.isActive('blockquote') },
  undo: { act: editor => editor.chain().focus().undo().run(), may: editor => editor.can().undo() },
  redo: { act: editor => editor.chain().focus().redo().run(), may: editor => editor.can().redo() },
};

const empty = (editor: Editor) => editor.isEmpty || !editor.getText().trim();

class Writing {
  private readonly text: HTMLTextAreaElement;
  private readonly editor: Editor;
  private readonly linking: HTMLElement;
  private readonly address: HTMLInputElement;

  constructor(private readonly box: HTMLElement) {
    this.text = $<HTMLTextAreaElement>('textarea', box)!;
    this.linking = $('[data-rich-link]', box)!;
    this.address = $<HTMLInputElement>('[data-rich-address]', box)!;
    const place = make('div');
    this.text.before(place);
    this.editor = new Editor({
      element: place, content: this.text.value, injectCSS: false, editable: !this.text.readOnly && !this.text.disabled,
      extensions: [StarterKit.configure({ heading: { levels: [2, 3, 4] }, link: { openOnClick: false, protocols: ['mailto', 'tel'] } })],
      editorProps: { attributes: this.attributes() },
      onUpdate: () => this.write(),
      onTransaction: () => this.show(),
      onBlur: () => this.text.dispatchEvent(new Event('change', { bubbles: true })),
    });
    this.text.hidden = true;
    $('[data-rich-tools]', box)!.hidden = false;
    this.listen();
    this.show();
    box.dataset.ready = '';
  }

  private attributes(): Record<string, string> {
    const described = this.text.getAttribute('aria-describedby');
    return { class: 'tl-rich-text', role: 'textbox', 'aria-multiline': 'true', 'aria-label': this.box.dataset.label ?? '',
      ...described ? { 'aria-describedby': described } : {} };
  }

  private listen(): void {
    // the text keeps the focus while a mark is clicked: what is typed next belongs to it
    this.box.addEventListener('mousedown', event => { if ((event.target as Element).closest('[data-rich-act]')) event.preventDefault(); });
    this.box.addEventListener('click', event => {
      const button = (event.target as Element).closest<HTMLElement>('[data-rich-act]');
      if (button) this.act(button.dataset.richAct!);
    });
    this.address.addEventListener('keydown', event => {
      if (event.key === 'Enter') { event.preventDefault(); this.act('link-set'); }
      if (event.key === 'Escape') { this.linking.hidden = true; this.editor.commands.focus(); }
    });
    for (const name of ['input', 'change']) this.address.addEventListener(name, event => event.stopPropagation());
    this.text.form?.addEventListener('tierloom:restored', () => this.editor.commands.setContent(this.text.value, { emitUpdate: false }));
    // what locks or hides the box does so with the editor
    new MutationObserver(() => this.editor.setEditable(!this.text.readOnly && !this.text.disabled, false))
      .observe(this.text, { attributes: true, attributeFilter: ['readonly', 'disabled'] });
    this.text.addEventListener('focus', () => this.editor.commands.focus());
  }

  private act(name: string): void {
    if (!this.editor.isEditable) return;
    if (name === 'link') this.ask();
    else if (name === 'link-set') this.link();
    else ACTS[name]?.act(this.editor);
  }

  private ask(): void {
    this.linking.hidden = !this.linking.hidden;
    this.address.value = String(this.editor.getAttributes('link').href ?? '');
    if (!this.linking.hidden) this.address.focus();
  }

  private link(): void {
    const href = this.address.value.trim();
    const chain = this.editor.chain().focus().extendMarkRange('link');
    if (!href) chain.unsetLink().run();
    else if (this.editor.state.selection.empty && !this.editor.isActive('link')) {
      this.editor.chain().focus().insertContent({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] }).run();
    } else chain.setLink({ href }).run();
    this.linking.hidden = true;
  }

  private write(): void {
    this.text.value = empty(this.editor) ? '' : this.editor.getHTML();
    this.text.dispatchEvent(new Event('input', { bubbles: true }));
  }

  private show(): void {
    for (const button of $$<HTMLButtonElement>('[data-rich-tools] [data-rich-act]', this.box)) {
      const known = ACTS[button.dataset.richAct!];
      if (known?.on) button.setAttribute('aria-pressed', String(known.on(this.editor)));
      if (known?.may) button.disabled = !known.may(this.editor);
    }
  }
}

export const startEditor = (box: HTMLElement): void => { new Writing(box); };
