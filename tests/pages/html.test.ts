// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { html } from '../../lib/pages/html';

describe('the html tag', () => {
  it('escapes what is interpolated, for text and for quoted attributes', () => {
    expect(html`<p title="${`"><script>`}">${`&<>"'`}</p>`.source).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">&amp;&lt;&gt;&quot;&#39;</p>',
    );
  });

  it('escapes what is escaped already, so that nothing can arrive prepared', () => {
    expect(html`${'&lt;'}`.source).toBe('&amp;lt;');
  });

  it('leaves markup of its own alone and joins lists', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>`.source).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  });

  it('writes nothing for null, undefined and false, but writes zero', () => {
    expect(html`[${null}${undefined}${false}${0}${''}]`.source).toBe('[0]');
  });

  it('does not take an object of the same shape for markup', () => {
    const forged = JSON.parse('{"source":"<script>"}');
    expect(() => html`${forged}`).toThrow();
  });
});
