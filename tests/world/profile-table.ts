import { PROFILES } from './profiles';

const cells = (...texts: readonly string[]) => `| ${texts.join(' | ')} |`;
const list = (texts: readonly string[], otherwise: string) => texts.join(', ') || otherwise;

/** What is expected of each profile, as rows of a Markdown table. */
export const profileRows = (): readonly string[] =>
  PROFILES.map(({ name, life }) =>
    cells(
      name,
      life.roles === null ? 'none' : `\`${life.roles}\``,
      life.renewal === 'refresh token' ? 'by refresh token' : 'none: the session lives on',
      list(
        life.stepUp.map((kind) => `\`${kind}\``),
        'none',
      ),
      list(life.signOut, 'here alone'),
    ),
  );
