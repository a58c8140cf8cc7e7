/** Markup that this file's tag made, so it is safe to stand in a page as it is. */
class Markup {
  constructor(readonly source: string) {}
}

/** Only {@link html} makes one: the class stays in this file, so nothing can be declared safe from outside. */
export type Html = Markup;

type Value = Html | string | number | false | null | undefined | readonly Value[];

/**
 * HTML with every interpolation escaped for text and for double-quoted attributes. There is no way to pass a raw
 * string: text that must not be escaped, such as a style sheet, is written as a literal of this tag.
 */
export const html = (literals: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Markup(String.raw({ raw: literals }, ...values.map(render)));

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.source;
  return typeof value === 'object' ? value.map(render).join('') : escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
