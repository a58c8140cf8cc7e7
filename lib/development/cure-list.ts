import { type Html, html } from '../pages/html.ts';

/** Faults of the configuration by name, as part of a page. */
export const cureList = (faults: Readonly<Record<string, string>>): Html => html`<div class="more" lang="en" dir="ltr">
<h2>What is wrong with the configuration</h2>
<ul>${Object.entries(faults).map(([name, fault]) => html`<li><code>${name}</code> ${fault}</li>`)}</ul>
<p class="quiet">This list is shown by <code>next dev</code> alone.</p>
</div>`;
